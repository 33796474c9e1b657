//! A command that is to notice mutants, with the mutant in the shader's file while it runs.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use wgsl_check::mutate::Verdict;

/// A shader's file that mutants are written to. It is as it was when this is dropped; should the program be killed
/// before, its text is in the file beside it.
pub struct Exchanged {
    path: PathBuf,
    kept: PathBuf,
    sound: String,
}

impl Exchanged {
    pub fn new(path: &Path, sound: &str) -> anyhow::Result<Exchanged> {
        let mut kept = path.as_os_str().to_owned();
        kept.push(".sound");
        let kept = PathBuf::from(kept);
        if kept.exists() {
            bail!(
                "{0} is there from a run that was killed, so {1} may hold a mutant: move {0} over {1}",
                kept.display(),
                path.display()
            );
        }
        let exchanged = Exchanged {
            path: path.to_owned(),
            kept,
            sound: sound.to_owned(),
        };
        write(&exchanged.kept, sound)?;
        Ok(exchanged)
    }

    /// What the command says to this text.
    pub fn examine(
        &self,
        text: &str,
        what: &str,
        command: &str,
        limit: Duration,
    ) -> anyhow::Result<Verdict> {
        write(&self.path, text)?;
        let (shell, flag) = if cfg!(windows) {
            ("cmd", "/C")
        } else {
            ("sh", "-c")
        };
        let child = Command::new(shell)
            .args([flag, command])
            .env("WGSL_CHECK_MUTANT", what)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("{command:?} cannot be started"))?;
        Ok(match wait(child, limit)? {
            None => Verdict::Caught("the time limit".into()),
            Some(status) if status.success() => Verdict::Missed,
            Some(_) => Verdict::Caught("the command".into()),
        })
    }
}

impl Drop for Exchanged {
    fn drop(&mut self) {
        match write(&self.path, &self.sound) {
            // The shader is whole again, so what is kept beside it is no more than a leftover.
            Ok(()) => drop(std::fs::remove_file(&self.kept)),
            Err(error) => {
                let _ = writeln!(
                    std::io::stderr(),
                    "error: {error:#}; the shader's text is in {}",
                    self.kept.display()
                );
            }
        }
    }
}

/// Writes a file whole or not at all.
fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let failed = || format!("{} cannot be written", path.display());
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(failed)?;
    file.write_all(text.as_bytes()).with_context(failed)?;
    if let Ok(old) = std::fs::metadata(path) {
        let permissions = file.as_file().set_permissions(old.permissions());
        permissions.with_context(failed)?;
    }
    file.persist(path).with_context(failed)?;
    Ok(())
}

/// How the command ended; none where it took too long.
fn wait(mut child: Child, limit: Duration) -> anyhow::Result<Option<ExitStatus>> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if begun.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
