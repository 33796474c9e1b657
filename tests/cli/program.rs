//! Runs the program in a temporary folder of its own.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use assert_cmd::Command;
use gatefold::gpu::{AdapterChoice, Gpu};
use gatefold::run::files::PROGRESS;
use tempfile::TempDir;

/// The device of most tests, the processor's own kernels: nothing is compiled for it before the first step, so that a small
/// training takes a third of the time that it takes on a software adapter.
const NATIVE: &str = "cpu";

/// The adapter that the tests of the WGSL kernels are for: the one that is named, or the best there is, software or not.
/// Without one the program says what there is to say.
pub static ADAPTER: LazyLock<String> = LazyLock::new(|| {
    let gpu = Gpu::open(&AdapterChoice::default());
    gpu.map_or_else(|_| "llvmpipe".to_string(), |gpu| gpu.report().name.clone())
});

/// A folder for one test, and the program run in it.
pub struct Workplace {
    folder: TempDir,
    /// Where drivers keep their sockets; theirs alone, or Mesa complains.
    runtime: TempDir,
    /// The program's cache folder, not the user's.
    cache: TempDir,
    /// The device that the program is told of.
    pub device: &'static str,
}

/// The program under way; killed where a test ends before it.
pub struct Running(Option<Child>);

impl Running {
    fn child(&mut self) -> &mut Child {
        self.0.as_mut().unwrap()
    }

    pub fn id(&self) -> u32 {
        self.0.as_ref().unwrap().id()
    }

    pub fn is_running(&mut self) -> bool {
        self.child().try_wait().unwrap().is_none()
    }

    /// What it tells while it goes on; its output has no standard error afterwards.
    pub fn take_stderr(&mut self) -> std::process::ChildStderr {
        self.child().stderr.take().unwrap()
    }

    /// Ends it as SIGKILL does.
    pub fn kill(mut self) -> std::process::Output {
        self.child().kill().unwrap();
        self.output()
    }

    /// Waits for its end.
    pub fn output(mut self) -> std::process::Output {
        self.0.take().unwrap().wait_with_output().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(program) = &mut self.0 {
            let _ = program.kill();
            let _ = program.wait();
        }
    }
}

/// What a run of the program left to look at.
#[derive(Debug)]
pub struct Outcome {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Options that make a training run take about a second.
pub const TINY: [&str; 4] = ["--limit-train", "20", "--limit-test", "20"];

/// The files of the runs that [`Workplace::tiny_run`] has made, by their variants and options.
static TINY_RUNS: Mutex<BTreeMap<String, BTreeMap<String, Vec<u8>>>> = Mutex::new(BTreeMap::new());

impl Workplace {
    /// One whose program runs on the processor's own kernels.
    pub fn new() -> Workplace {
        Workplace::on(NATIVE)
    }

    /// One whose program runs on [`ADAPTER`], for what is about adapters, and for each command once.
    pub fn on_adapter() -> Workplace {
        Workplace::on(&ADAPTER)
    }

    fn on(device: &'static str) -> Workplace {
        Workplace {
            folder: tempfile::tempdir().unwrap(),
            runtime: tempfile::tempdir().unwrap(),
            cache: tempfile::tempdir().unwrap(),
            device,
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file in the program's cache folder.
    pub fn cached(&self, name: &str) -> PathBuf {
        self.cache.path().join(name)
    }

    /// The program's cache folder, as [`Workplace::files`] has the working folder.
    pub fn cached_files(&self) -> BTreeMap<String, Vec<u8>> {
        files_below(self.cache.path())
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// The program, to be run in the folder.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatefold"));
        command
            .current_dir(self.folder.path())
            .env("XDG_RUNTIME_DIR", self.runtime.path())
            .env("GATEFOLD_HOME", self.cache.path())
            .env("WGPU_ADAPTER_NAME", self.device)
            .env_remove("RUST_LOG")
            .timeout(Duration::from_secs(300));
        command
    }

    /// Starts the program in the folder.
    pub fn start(&self, arguments: &[&str]) -> Running {
        let program = std::process::Command::new(env!("CARGO_BIN_EXE_gatefold"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env("XDG_RUNTIME_DIR", self.runtime.path())
            .env("WGPU_ADAPTER_NAME", self.device)
            .env_remove("RUST_LOG")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        Running(Some(program.unwrap()))
    }

    pub fn run<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Outcome {
        Outcome::of(self.command().args(arguments))
    }

    /// Runs `command` with [`TINY`] and `arguments`, one epoch if these do not say it.
    pub fn tiny(&self, command: &[&str], arguments: &[&str]) -> Outcome {
        let epochs: &[&str] = if arguments.contains(&"--epochs") {
            &[]
        } else {
            &["--epochs", "1"]
        };
        self.run([command, &TINY, epochs, arguments].concat())
    }

    /// A run of `variant` on the demo corpus in `run`, as [`Workplace::tiny`] trains it on the processor with these options.
    /// It is trained once for all tests.
    pub fn tiny_run(&self, variant: &str, options: &[&str]) {
        let mut runs = TINY_RUNS.lock().unwrap_or_else(PoisonError::into_inner);
        let key = [&[variant], options].concat().join(" ");
        let files = runs.entry(key).or_insert_with(|| {
            let place = Workplace::new();
            let options = [&["--out", "run"], options].concat();
            place.tiny(&["train", variant], &options).succeeds();
            let mut files = place.files();
            let progress = format!("run/{PROGRESS}");
            files.insert(progress.clone(), fs::read(place.path(&progress)).unwrap());
            files
        });
        for (name, content) in files {
            self.write(name, content);
        }
    }

    /// Writes [`Workplace::write_imdb`] as `reviews`, and trains the baseline on all of them for an epoch, in `run`.
    pub fn train_on_imdb(&self) {
        self.write_imdb("reviews");
        let options = ["--data", "reviews", "--epochs", "1", "--out", "run"];
        self.run([&["train", "baseline"], &options[..]].concat())
            .succeeds();
    }

    /// Every file below the folder with its content, by relative path.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        files_below(self.folder.path())
    }

    pub fn names(&self) -> Vec<String> {
        self.files().into_keys().collect()
    }

    /// A data set in the form of aclImdb, four reviews a class and part, with its vocabulary.
    pub fn write_imdb(&self, name: &str) -> PathBuf {
        for part in ["train", "test"] {
            for (class, rating, word) in [("neg", 2, "bad"), ("pos", 9, "good")] {
                for number in 0..4 {
                    let review = format!("{name}/{part}/{class}/{number}_{rating}.txt");
                    self.write(
                        &review,
                        format!("a {word} film, {}", "long ".repeat(number)),
                    );
                }
            }
        }
        self.write(&format!("{name}/imdb_reviews.subwords"), VOCABULARY);
        self.path(name)
    }
}

pub const VOCABULARY: &str =
    "### SubwordTextEncoder\n### Metadata: {}\n'film'\n'good_'\n'bad_'\n'a_'\n'long_'\n";

impl Outcome {
    pub fn of(command: &mut Command) -> Outcome {
        let output = command.output().unwrap();
        Outcome {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: slashes(&String::from_utf8(output.stderr).unwrap()),
        }
    }

    /// Fails unless the program ended with `code` and its error names all of `words`.
    #[track_caller]
    pub fn fails(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, code, "{self:#?}");
        assert_eq!(self.stdout, "", "a failed run printed a result");
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        let error = self.stderr.split("error: ").last().unwrap();
        for word in words {
            assert!(error.contains(word), "no `{word}` in: {}", self.stderr);
        }
    }

    #[track_caller]
    pub fn succeeds(&self) -> &Outcome {
        assert_eq!(self.code, 0, "{self:#?}");
        self
    }

    /// The JSON objects on standard output, which has nothing else.
    #[track_caller]
    pub fn json(&self) -> Vec<serde_json::Value> {
        let lines = self.succeeds().stdout.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// Packs a folder as `.tar`.
pub fn pack(folder: &Path) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    archive.append_dir_all("aclImdb", folder).unwrap();
    archive.into_inner().unwrap()
}

/// `bytes` as gzip.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// `text` with the slashes that paths have everywhere but on Windows.
pub fn slashes(text: &str) -> String {
    text.replace(std::path::MAIN_SEPARATOR, "/")
}

/// Every file below `folder` with its content, by relative path; but for `progress.jsonl`, which says when
/// things were done, so that no two runs have the same.
pub fn files_below(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name != PROGRESS) {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                files.insert(slashes(&name), fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// Fails if a line is wider than a terminal of 80 columns.
#[track_caller]
pub fn assert_80_columns(text: &str) {
    for line in text.lines() {
        assert!(
            line.chars().count() <= 80,
            "{} columns: {line}",
            line.chars().count()
        );
    }
}
