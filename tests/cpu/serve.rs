//! `serve::Server`, where its device fails.

use std::io::{Read, Write};
use std::net::TcpStream;

use gatefold::Error;
use gatefold::data::{Source, demo};
use gatefold::device::Device;
use gatefold::gpu::{AdapterChoice, KernelForm};
use gatefold::model::{Dense, Embedding, GlobalAveragePooling1D, Sequential, initialise};
use gatefold::native::Native;
use gatefold::run::{DataSpec, ReadingSpec, RunFolder, RunSpec, TrainedRun, files};
use gatefold::serve::{ServeOptions, Served, Server};
use gatefold::train::{Session, Weights};

use gatefold::batch::Padding;
use gatefold::data::ReviewLimits;

/// A run that was never trained.
fn run() -> (tempfile::TempDir, TrainedRun) {
    let folder = tempfile::tempdir().unwrap();
    let vocabulary = demo().unwrap().vocabulary.clone();
    let model = Sequential::new("mean")
        .add(Embedding::new(vocabulary.size(), 4))
        .add(GlobalAveragePooling1D::new())
        .add(Dense::new(1).sigmoid())
        .build()
        .unwrap();
    let weights = Weights::new(model.clone(), initialise(&model, 0), &vocabulary);
    let data = DataSpec::new(&Source::Demo, None, ReviewLimits::default());
    let reading = ReadingSpec::of(Padding::AFTER);
    let spec = RunSpec::imported(data, "nothing", &weights, reading);
    RunFolder::create(folder.path(), &spec, &vocabulary).unwrap();
    weights.save(&folder.path().join(files::MODEL)).unwrap();
    let run = TrainedRun::open(folder.path()).unwrap();
    (folder, run)
}

fn session(run: &TrainedRun) -> gatefold::Result<Session> {
    let device = Device::open(&AdapterChoice {
        name: Some(Native::NAME.to_string()),
        ..AdapterChoice::default()
    })?;
    let limits = device.limits(KernelForm::Automatic)?;
    run.session(device, limits)
}

/// Status and body of the answer.
fn ask(server: &Server, request: &str, body: &str) -> (u16, serde_json::Value) {
    let url = server.url();
    let host = url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(host).unwrap();
    let head = format!(
        "{request} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (
        head[9..12].parse().unwrap(),
        serde_json::from_str(body).unwrap(),
    )
}

#[test]
fn a_device_that_fails_is_opened_again() {
    let (_folder, run) = run();
    let mut broken = run.clone();
    broken.weights.parameters[1][0] = f32::NAN;
    let whole = run.clone();
    let mut opened = 0;
    let open = move || {
        opened += 1;
        match opened {
            1 => session(&broken),
            2 => Err(Error::Adapter("the device is unplugged".to_string())),
            _ => session(&whole),
        }
    };
    let options = ServeOptions {
        address: ([127, 0, 0, 1], 0).into(),
        ..ServeOptions::default()
    };
    let expected = run.reader(None).and_then(|mut reader| {
        run.predict_with(&mut session(&run)?, &mut reader, &["a fine film"], 1)
    });
    let reader = run.reader(None).unwrap();
    let server = Server::start(run, reader, open, &options).unwrap();
    let predict = || ask(&server, "POST /predict", "{\"text\": \"a fine film\"}");
    let health = || ask(&server, "GET /healthz", "");
    assert_eq!(health().0, 200);

    let (status, answer) = predict();
    assert_eq!(status, 500, "{answer}");
    let (status, answer) = health();
    assert_eq!((status, &answer["status"]), (503, &"failed".into()));
    let error = answer["error"].as_str().unwrap();
    assert!(error.contains("unplugged"), "{error}");

    let (status, answer) = predict();
    assert_eq!(status, 200, "{answer}");
    let expected = &expected.unwrap()[0];
    assert_eq!(answer["label"], expected.class);
    assert_eq!(
        answer["probability"].as_f64(),
        expected.probability.to_string().parse().ok()
    );
    assert_eq!(health().0, 200);
    let served = Served {
        requests: 1,
        texts: 1,
        refused: 0,
    };
    assert_eq!(server.stop(), served);
}

#[test]
fn a_device_that_cannot_be_had_ends_the_start() {
    let (_folder, run) = run();
    let reader = run.reader(None).unwrap();
    let options = ServeOptions {
        address: ([127, 0, 0, 1], 0).into(),
        ..ServeOptions::default()
    };
    let open = || Err(Error::Adapter("the device is unplugged".to_string()));
    let error = Server::start(run, reader, open, &options).unwrap_err();
    assert!(error.to_string().contains("unplugged"), "{error}");
}
