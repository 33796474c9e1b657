//! An HTTP server on this machine that answers as it is told to, also wrongly.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// What the server does with one connection.
pub struct Answer {
    head: String,
    body: Vec<u8>,
    end: End,
}

/// What comes after the body.
enum End {
    Close,
    /// Nothing more, but the connection stays open until the client closes it.
    Silence,
    /// The rest of the body, once the test says so.
    Rest(Receiver<()>, Vec<u8>),
}

impl Answer {
    /// `200 OK` and so on, with lines of headers; what they say need not be true.
    pub fn new(status: &str, headers: &[&str], body: &[u8]) -> Answer {
        let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
        Answer {
            head: format!("HTTP/1.1 {status}\r\n{headers}Connection: close\r\n\r\n"),
            body: body.to_vec(),
            end: End::Close,
        }
    }

    /// The whole of `body`, with an ETag.
    pub fn whole(body: &[u8]) -> Answer {
        Answer::cut(body, body.len())
    }

    /// The first `count` bytes of what is said to be `body`.
    pub fn cut(body: &[u8], count: usize) -> Answer {
        let length = format!("Content-Length: {}", body.len());
        Answer::new("200 OK", &[&length, "ETag: \"v1\""], &body[..count])
    }

    /// The bytes of `body` from `from` on.
    pub fn rest(body: &[u8], from: usize) -> Answer {
        let size = body.len();
        let length = format!("Content-Length: {}", size - from);
        let range = format!("Content-Range: bytes {from}-{}/{size}", size - 1);
        Answer::new(
            "206 Partial Content",
            &[&length, &range, "ETag: \"v1\""],
            &body[from..],
        )
    }

    /// A status without a body.
    pub fn status(status: &str) -> Answer {
        Answer::new(status, &["Content-Length: 0"], b"")
    }

    /// Another place to look.
    pub fn redirect(to: &str) -> Answer {
        let location = format!("Location: {to}");
        Answer::new("302 Found", &[&location, "Content-Length: 0"], b"")
    }

    /// No answer at all.
    pub fn none() -> Answer {
        Answer {
            head: String::new(),
            body: Vec::new(),
            end: End::Silence,
        }
    }

    /// Then nothing more, for as long as the client waits.
    pub fn then_silence(mut self) -> Answer {
        self.end = End::Silence;
        self
    }

    /// Then, once `told`, the bytes `rest`.
    pub fn then(mut self, told: Receiver<()>, rest: &[u8]) -> Answer {
        self.end = End::Rest(told, rest.to_vec());
        self
    }

    fn give(self, mut stream: TcpStream) {
        // A client may go away at any time, which is for it to tell.
        let _ = stream.write_all(self.head.as_bytes());
        let _ = stream.write_all(&self.body);
        let _ = stream.flush();
        match self.end {
            End::Close => {}
            End::Silence => {
                let _ = stream.read(&mut [0]);
            }
            End::Rest(told, rest) => {
                let _ = told.recv();
                let _ = stream.write_all(&rest);
            }
        }
    }
}

/// A server that gives each connection the next answer, and `410 Gone` to all that follow.
pub struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub fn new(answers: Vec<Answer>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (log, stopped) = (Arc::clone(&requests), Arc::clone(&stop));
        let thread = thread::spawn(move || {
            let mut answers = answers.into_iter();
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let mut stream = stream.unwrap();
                let mut request = head(&stream);
                if request.starts_with("connect ") {
                    // As a proxy, which here is the server as well.
                    log.lock().unwrap().push(request);
                    let _ = stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n");
                    request = head(&stream);
                }
                log.lock().unwrap().push(request);
                let answer = answers.next();
                answer
                    .unwrap_or_else(|| Answer::status("410 Gone"))
                    .give(stream);
            }
        });
        Server {
            address,
            requests,
            stop,
            thread: Some(thread),
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// The heads of the requests so far, in lower case.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the thread, which is waiting for a connection.
        let _ = TcpStream::connect(self.address);
        let outcome = self.thread.take().unwrap().join();
        if !thread::panicking() {
            outcome.unwrap();
        }
    }
}

/// The lines up to the empty one.
fn head(stream: &TcpStream) -> String {
    BufReader::new(stream)
        .lines()
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty())
        .map(|line| line.to_ascii_lowercase() + "\n")
        .collect()
}
