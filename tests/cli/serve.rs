//! `gatefold serve`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ChildStderr;

use serde_json::{Value, json};

use crate::program::{Running, VOCABULARY, Workplace};

/// The program as it serves a run.
struct Server {
    program: Running,
    told: BufReader<ChildStderr>,
    host: String,
}

/// An answer: status, head in lower case, body.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    #[track_caller]
    fn json(&self) -> Value {
        assert!(
            self.head.contains("content-type: application/json"),
            "{self:?}"
        );
        serde_json::from_str(&self.body).unwrap()
    }

    /// Reads one answer, and leaves the connection as it is.
    fn read(stream: &mut BufReader<TcpStream>) -> Answer {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(stream.read_line(&mut head).unwrap() > 0, "cut off: {head}");
        }
        let head = head.to_lowercase();
        let length = head.split("content-length: ").nth(1);
        let length = length.and_then(|rest| rest.split_once("\r\n"));
        let mut body = vec![0; length.map_or(0, |(length, _)| length.parse().unwrap())];
        stream.read_exact(&mut body).unwrap();
        Answer {
            status: head[9..12].parse().unwrap(),
            head,
            body: String::from_utf8(body).unwrap(),
        }
    }
}

impl Server {
    fn start(place: &Workplace, options: &[&str]) -> Server {
        let words = ["serve", "run", "--listen", "0", "--adapter", "cpu"];
        let mut program = place.start(&[&words[..], options].concat());
        let mut told = BufReader::new(program.take_stderr());
        let host = loop {
            let mut line = String::new();
            assert!(told.read_line(&mut line).unwrap() > 0, "it ended");
            if let Some(url) = line.strip_prefix("Serving   http://") {
                break url.trim_end().trim_end_matches('/').to_string();
            }
        };
        assert!(host.starts_with("127.0.0.1:"), "{host}");
        Server {
            program,
            told,
            host,
        }
    }

    fn connect(&self) -> BufReader<TcpStream> {
        BufReader::new(TcpStream::connect(&self.host).unwrap())
    }

    /// Sends a request with these lines of its head and this body.
    fn ask(&self, request: &str, lines: &[&str], body: &[u8]) -> Answer {
        let mut stream = self.connect();
        let host = format!("Host: {}", self.host);
        let has_host = lines.iter().any(|line| line.starts_with("Host:"));
        let mut head = format!("{request} HTTP/1.1\r\n");
        for line in lines.iter().copied().chain((!has_host).then_some(&*host)) {
            head += &format!("{line}\r\n");
        }
        head += &format!(
            "Content-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        stream.get_mut().write_all(head.as_bytes()).unwrap();
        stream.get_mut().write_all(body).unwrap();
        Answer::read(&mut stream)
    }

    fn post(&self, body: &Value) -> Answer {
        self.ask("POST /predict", &[JSON], body.to_string().as_bytes())
    }
}

const JSON: &str = "Content-Type: application/json";

const TEXTS: [&str; 6] = [
    "the film is wonderful",
    "dull",
    "",
    "I did not like the plot, and the end is worse than the beginning was",
    "the cast is awful",
    "좋아요 <b>\"fine\"</b>",
];

/// What `gatefold predict` says of the texts, each alone, without the text.
fn predicted(place: &Workplace, texts: &[&str]) -> Vec<Value> {
    let alone = |text: &&str| {
        let asked = [
            "predict",
            "run",
            "--json",
            "--adapter",
            "cpu",
            "--batch-size",
            "1",
        ];
        let mut command = place.command();
        command.args(asked).write_stdin(format!("{text}\n"));
        let lines = crate::program::Outcome::of(&mut command).json();
        let [mut line] = <[Value; 1]>::try_from(lines).unwrap();
        line.as_object_mut().unwrap().remove("text");
        line
    };
    texts.iter().map(alone).collect()
}

fn trained(more: &[&str]) -> Workplace {
    let place = Workplace::new();
    place.tiny_run("bidirectional", more);
    place
}

#[test]
fn many_clients_get_what_predict_says_of_each_text() {
    for more in [&[][..], &["--mask-padding", "--pad", "before"]] {
        let place = trained(more);
        let expected = predicted(&place, &TEXTS);
        let server = Server::start(&place, &[]);
        let list = server.post(&json!({ "texts": TEXTS }));
        assert_eq!(list.status, 200, "{list:?}");
        assert_eq!(list.json(), json!({ "predictions": expected }));
        std::thread::scope(|scope| {
            for client in 0..20 {
                let (server, expected) = (&server, &expected);
                scope.spawn(move || {
                    // Several requests on one connection.
                    let mut stream = server.connect();
                    for turn in 0..10 {
                        let index = (client + turn) % TEXTS.len();
                        let body = json!({ "text": TEXTS[index] }).to_string();
                        let host = &server.host;
                        let request = format!(
                            "POST /predict HTTP/1.1\r\nHost: {host}\r\n{JSON}\r\nContent-Length: {}\r\n\r\n{body}",
                            body.len()
                        );
                        stream.get_mut().write_all(request.as_bytes()).unwrap();
                        let answer = Answer::read(&mut stream);
                        assert_eq!(answer.status, 200, "{answer:?}");
                        assert_eq!(answer.json(), expected[index]);
                    }
                });
            }
        });
    }
}

/// A request, lines of its head, its body, and the status and words of the refusal.
type Refused<'a> = (&'a str, &'a [&'a str], &'a [u8], u16, &'a str);

#[test]
fn what_cannot_be_answered_is_refused_with_a_sentence() {
    let place = trained(&[]);
    let server = Server::start(&place, &["--max-texts", "2", "--max-bytes", "1000"]);
    let long = json!({ "text": "x".repeat(2000) }).to_string();
    let large = vec![b'x'; 3 << 20];
    let refusals: [Refused; 14] = [
        ("POST /predict", &[JSON], b"{", 400, "JSON"),
        ("POST /predict", &[JSON], b"", 400, "no JSON object"),
        ("POST /predict", &[JSON], b"{}", 400, "neither"),
        ("POST /predict", &[JSON], b"\xff", 400, "no JSON object"),
        (
            "POST /predict",
            &[JSON],
            br#"{"texts": ["a", "b", "c"]}"#,
            413,
            "3 texts; a request holds at most 2",
        ),
        ("POST /predict", &[JSON], long.as_bytes(), 413, "1000 bytes"),
        ("POST /predict", &[JSON], &large, 413, "1000 bytes"),
        ("POST /predict", &[], b"{}", 415, "application/json"),
        (
            "POST /predict",
            &["Content-Type: text/plain"],
            b"{}",
            415,
            "application/json",
        ),
        ("GET /predict", &[], b"", 405, "POST"),
        ("DELETE /", &[], b"", 405, "GET, HEAD, POST"),
        ("POST /healthz", &[], b"", 405, "GET, HEAD"),
        ("GET /predict/more", &[], b"", 404, "/healthz"),
        (
            "POST /predict",
            &["Host: elsewhere.example", JSON],
            b"{\"text\": \"a\"}",
            421,
            "localhost",
        ),
    ];
    for (request, lines, body, status, words) in refusals {
        let answer = server.ask(request, lines, body);
        assert_eq!(answer.status, status, "{request}: {answer:?}");
        let error = answer.json()["error"].as_str().unwrap().to_string();
        assert!(error.contains(words), "{request}: {error}");
        let allowed = answer.head.contains("\r\nallow: ");
        assert_eq!(allowed, status == 405, "{answer:?}");
    }
    // None of that was harmful.
    let health = server.ask("GET /healthz", &[], b"");
    let classes = ["negative", "positive"];
    assert_eq!(
        health.json(),
        json!({"status": "ok", "model": "bidirectional", "classes": classes})
    );
    assert_eq!(server.post(&json!({"text": "dull"})).status, 200);
    // As much as is allowed is answered; a list is answered by a list, however short.
    for texts in [&["a", "b"][..], &["a"]] {
        let answer = server.post(&json!({ "texts": texts }));
        assert_eq!(answer.status, 200, "{answer:?}");
        let said = answer.json()["predictions"].as_array().unwrap().len();
        assert_eq!(said, texts.len());
    }
    let rest = 1000 - json!({ "text": "" }).to_string().len();
    for (length, status) in [(rest, 200), (rest + 1, 413)] {
        let answer = server.post(&json!({ "text": "x".repeat(length) }));
        assert_eq!(answer.status, status, "{answer:?}");
    }
}

/// Checks the page; it loads its styles, sends its form to itself and leads to its state, and nothing else.
fn check(page: &str) {
    let lines = page.lines();
    let others = lines.filter(|line| !line.starts_with("<link rel=\"stylesheet\""));
    let rest = others.collect::<Vec<_>>().join("\n");
    let rest = rest.replace(" action=\"./\"", "");
    crate::support::html::check(&rest.replace(" href=\"healthz\"", ""));
}

#[test]
fn the_page_answers_its_form_without_a_script() {
    let place = trained(&[]);
    let server = Server::start(&place, &[]);
    let page = server.ask("GET /", &[], b"");
    assert_eq!(page.status, 200);
    check(&page.body);
    assert!(page.head.contains("script-src") == page.body.contains("<script"));
    assert!(page.head.contains("default-src 'none'"), "{}", page.head);
    for line in page.body.lines() {
        if let Some((_, rest)) = line.split_once("rel=\"stylesheet\" href=\"") {
            let name = rest.split('"').next().unwrap();
            let style = server.ask(&format!("GET /{name}"), &[], b"");
            assert!(style.status == 200 && style.body.contains('{'), "{name}");
        }
    }
    let form = ["Content-Type: application/x-www-form-urlencoded"];
    let answer = server.ask("POST /", &form, b"text=%3Cb%3E+dull+%26+%22long%22");
    assert_eq!(answer.status, 200);
    check(&answer.body);
    let shown = answer
        .body
        .contains("&lt;b&gt; dull &amp; &quot;long&quot;</textarea>");
    assert!(shown && !answer.body.contains("<b>"), "{}", answer.body);
    let said = &predicted(&place, &["<b> dull & \"long\""])[0];
    let label = said["label"].as_str().unwrap();
    let mut order = ["negative", "positive"];
    order.sort_by_key(|class| *class != label);
    let rows = order.map(|class| {
        let probability = said["probabilities"][class].as_f64().unwrap();
        format!("<th scope=\"row\">{class}</th><td>{probability:.4}</td>")
    });
    let places = rows.each_ref().map(|row| answer.body.find(&**row));
    assert!(
        places[0].is_some() && places[0] < places[1],
        "{}",
        answer.body
    );
    let tokens = format!("{} tokens of the text were read", said["tokens"]);
    let host = format!("curl http://{}/predict", server.host);
    for words in [
        &format!("<h2 id=\"said\">{label}</h2>"),
        &tokens,
        &host,
        "are made up",
    ] {
        assert!(answer.body.contains(words), "no {words} in {}", answer.body);
    }
    let nothing = server.ask("POST /", &form, b"other=1");
    assert_eq!(nothing.status, 400);
    assert!(nothing.body.contains("no field `text`"), "{}", nothing.body);
}

#[test]
fn several_classes_are_answered_by_their_names() {
    let place = Workplace::new();
    place.write("imdb_reviews.subwords", VOCABULARY);
    let mut table = "text,topic\n".to_owned();
    for row in 0..60 {
        let topic = ["sport", "\"art, old\"", "politics"][row % 3];
        table += &format!("{} film {row},{topic}\n", "good ".repeat(row % 3));
    }
    place.write("topics.csv", table);
    let model = "\
name = \"topics\"\n\
[[layer]]\ntype = \"embedding\"\nwidth = 4\n\
[[layer]]\ntype = \"gru\"\nunits = 3\n\
[[layer]]\ntype = \"dense\"\nunits = 3\nactivation = \"softmax\"\n";
    place.write("topics.toml", model);
    let options = [
        "--data",
        "topics.csv",
        "--label-column",
        "topic",
        "--out",
        "run",
    ];
    place
        .tiny(&["train", "--config", "topics.toml"], &options)
        .succeeds();
    let server = Server::start(&place, &["--best"]);
    let texts = ["good film", "a bad film"];
    let answer = server.post(&json!({ "texts": texts })).json();
    assert_eq!(answer, json!({ "predictions": predicted(&place, &texts) }));
    let names = answer["predictions"][0]["probabilities"]
        .as_object()
        .unwrap();
    assert!(
        names.len() == 3 && names.contains_key("art, old"),
        "{names:?}"
    );
}

#[test]
fn an_address_that_cannot_be_had_and_numbers_that_make_no_sense_are_refused() {
    let place = trained(&[]);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    place
        .run(["serve", "run", "--listen", &port])
        .fails(2, &["--listen", &port, "another port"]);
    for option in [
        "--max-texts",
        "--max-bytes",
        "--max-waiting",
        "--batch-size",
    ] {
        place
            .run(["serve", "run", option, "0"])
            .fails(2, &[option, "1"]);
    }
    place
        .run(["serve", "nowhere"])
        .fails(2, &["nowhere", "no such folder"]);
}

/// A request under way is answered, new ones are not taken, and the program ends well.
#[test]
#[cfg(unix)]
fn told_to_stop_it_finishes_what_is_under_way() {
    let place = trained(&[]);
    let mut server = Server::start(&place, &[]);
    let texts = ["a fine film", "dull"];
    let body = json!({ "texts": texts }).to_string();
    let mut stream = server.connect();
    let head = format!(
        "POST /predict HTTP/1.1\r\nHost: {}\r\n{JSON}\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        server.host,
        body.len()
    );
    stream.get_mut().write_all(head.as_bytes()).unwrap();
    // The server has read the head, and waits for the body.
    assert_eq!(Answer::read(&mut stream).status, 100);
    // Those who ask nothing are not waited for.
    let mut idle = server.connect();
    idle.get_mut().write_all(b"POST /pre").unwrap();
    crate::interrupt::send(&server.program, "TERM");
    while TcpStream::connect(&server.host).is_ok() {
        assert!(server.program.is_running());
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    stream.get_mut().write_all(body.as_bytes()).unwrap();
    let answer = Answer::read(&mut stream);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(
        answer.json()["predictions"],
        json!(predicted(&place, &texts))
    );
    let mut told = String::new();
    server.told.read_to_string(&mut told).unwrap();
    drop(idle);
    let output = server.program.output();
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("Finishing the requests under way"), "{told}");
    assert!(told.contains("1 request answered, 2 texts"), "{told}");
}
