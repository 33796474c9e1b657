//! [`Server`]: listens, and ends when what is under way is done.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;
use tracing::{debug, warn};

use super::handler::Service;
use super::options::ServeOptions;
use super::page::About;
use super::predictor::Predictor;
use super::worker::{self, Queue, Served};
use crate::error::Result;
use crate::http::{Listening, listen, refused};
use crate::run::{TextReader, TrainedRun};
use crate::train::Session;

/// Connections at a time; others wait to be taken.
const CONNECTIONS: usize = 256;

/// How long a client may take to send the head of a request, or to send another one.
const HEAD: Duration = Duration::from_secs(30);

/// How long a client may take none of its answer.
const WRITE: Duration = Duration::from_secs(10);

/// How often it is looked, at the end, whether a client that has sent no whole request still asks nothing.
const LOOK: Duration = Duration::from_millis(500);

/// How long requests under way are waited for at the end.
const LAST: Duration = Duration::from_secs(60);

/// How long to wait where no connection can be had, for want of files say.
const AGAIN: Duration = Duration::from_millis(100);

/// A run that answers over HTTP, until it is stopped or dropped.
///
/// A server on this machine alone refuses requests whose `Host` is a name other than `localhost`, for that is how a
/// page from elsewhere would get at it (DNS rebinding). There is no encryption and no password: before others than
/// one's own programs stands a proxy that has them.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    queue: Option<Queue>,
    stop: watch::Sender<bool>,
    listener: Option<JoinHandle<()>>,
    worker: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens, opens the device with `open`, and answers from then on. Where the device fails it is opened again.
    ///
    /// # Errors
    /// [`Error::Argument`](crate::Error::Argument) where the address cannot be had, and as [`ServeOptions::check`]; what `open` reports.
    pub fn start(
        run: TrainedRun,
        reader: TextReader,
        open: impl FnMut() -> Result<Session> + Send + 'static,
        options: &ServeOptions,
    ) -> Result<Server> {
        options.check()?;
        let argument = "ServeOptions::address";
        let Listening {
            listener,
            address,
            runtime,
        } = listen(options.address, argument)?;
        let about = About::of(&run);
        let predictor = Predictor {
            run,
            reader,
            open: Box::new(open),
            batch_size: options.batch_size,
            session: None,
        };
        let (queue, worker) = worker::start(predictor, options.max_waiting)?;
        let service = Arc::new(Service {
            queue: queue.clone(),
            about,
            options: options.clone(),
        });
        let (stop, stopped) = watch::channel(false);
        let serve = async move {
            match tokio::net::TcpListener::from_std(listener) {
                Ok(listener) => accept(listener, service, stopped).await,
                Err(error) => warn!("cannot listen: {error}"),
            }
        };
        let thread = thread::Builder::new()
            .name("server".to_string())
            .spawn(move || runtime.block_on(serve))
            .map_err(refused(options.address, argument))?;
        Ok(Server {
            address,
            queue: Some(queue),
            stop,
            listener: Some(thread),
            worker: Some(worker),
        })
    }

    /// Where it listens, `http://127.0.0.1:8080/` say.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Whether it answers; an error in gatefold could end it.
    pub fn is_running(&self) -> bool {
        let runs = |thread: &Option<JoinHandle<()>>| {
            thread.as_ref().is_some_and(|thread| !thread.is_finished())
        };
        runs(&self.listener) && runs(&self.worker)
    }

    /// Takes no more requests, finishes those under way, and tells what was answered.
    pub fn stop(mut self) -> Served {
        self.end()
    }

    fn end(&mut self) -> Served {
        self.stop.send_replace(true);
        let start = Instant::now();
        join(&mut self.listener, start);
        let served = self.queue.take().map(|queue| queue.served());
        join(&mut self.worker, start);
        served.unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// Waits for the thread's end, as long as requests under way are waited for and a little longer.
fn join(thread: &mut Option<JoinHandle<()>>, start: Instant) {
    if let Some(thread) = thread.take() {
        while !thread.is_finished() && start.elapsed() < LAST + WRITE {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Takes connections until it is told to stop, and then waits for those that are being answered.
async fn accept(
    listener: tokio::net::TcpListener,
    service: Arc<Service>,
    mut stopped: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            // A sender that is gone says the same.
            _ = stopped.changed() => break,
        };
        match accepted {
            Ok((stream, _)) => {
                let answers = connection(stream, Arc::clone(&service), stopped.clone());
                connections.spawn(async move {
                    answers.await;
                    drop(place);
                });
            }
            Err(error) => {
                warn!("no connection: {error}");
                tokio::time::sleep(AGAIN).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    let finished = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(LAST, finished).await.is_err() {
        warn!("some requests under way were cut off");
    }
}

/// Answers the requests of a connection, one after the other.
async fn connection(stream: TcpStream, service: Arc<Service>, mut stopped: watch::Receiver<bool>) {
    // A small answer is not to wait for more; where the system does not do that, it waits.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE));
    let is_asked = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&is_asked);
    let answer = move |request: Request<Incoming>| {
        let (service, asked) = (Arc::clone(&service), Arc::clone(&asked));
        async move {
            asked.store(true, Ordering::Relaxed);
            let answer = service.answer(request.map(Body::new)).await;
            asked.store(false, Ordering::Relaxed);
            Ok::<Response, Infallible>(answer)
        }
    };
    let answers = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(Box::pin(stream)), service_fn(answer));
    tokio::pin!(answers);
    let ended = tokio::select! {
        ended = answers.as_mut() => Some(ended),
        _ = stopped.changed() => {
            answers.as_mut().graceful_shutdown();
            let mut was_idle = false;
            loop {
                let is_idle = match tokio::time::timeout(LOOK, answers.as_mut()).await {
                    Ok(ended) => break Some(ended),
                    Err(_) => !is_asked.load(Ordering::Relaxed),
                };
                // Twice in a row: an answer that was just made is still to be sent.
                if is_idle && was_idle {
                    break None;
                }
                was_idle = is_idle;
            }
        }
    };
    match ended {
        Some(Ok(())) => {}
        Some(Err(error)) => debug!("a connection ended: {error}"),
        None => debug!("a connection that asked nothing was closed"),
    }
}
