//! The file of a model card, `README.md`, which is replaced and removed only as gatefold wrote it.

use std::fs;
use std::io;
use std::path::Path;

use tracing::warn;

use super::files;
use crate::atomic::write_atomically;
use crate::data::sha256;
use crate::error::{Error, Result};

/// Begins the last line of a card, before the SHA-256 of all above it.
const MARK: &str =
    "<!-- Written by gatefold, which replaces this file as long as nobody edits it. sha256 ";

/// Ends the last line.
const END: &str = " -->\n";

/// Writes the card into `folder`; whether it did. A `README.md` that someone else wrote, or edited, stays.
///
/// # Errors
/// [`Error::Io`] where the system refuses.
pub fn write_model_card(folder: &Path, card: &str) -> Result<bool> {
    let path = folder.join(files::CARD);
    match kept(&path)? {
        Kept::Own | Kept::Nothing => {
            let text = format!("{card}\n{MARK}{}{END}", sha256(format!("{card}\n")));
            write_atomically(&path, text.as_bytes())?;
            Ok(true)
        }
        Kept::Others => {
            warn!(
                "{}: not as gatefold wrote it, so it stays as it is; the model card is not written",
                path.display()
            );
            Ok(false)
        }
    }
}

/// Removes the card in `folder`, unless someone else wrote or edited it.
pub(super) fn remove_model_card(folder: &Path) -> Result<()> {
    let path = folder.join(files::CARD);
    match kept(&path)? {
        Kept::Own => fs::remove_file(&path).map_err(Error::io(path)),
        Kept::Nothing | Kept::Others => Ok(()),
    }
}

/// What stands where the card belongs.
enum Kept {
    Nothing,
    /// A card as gatefold wrote it.
    Own,
    Others,
}

fn kept(path: &Path) -> Result<Kept> {
    let there = match fs::symlink_metadata(path) {
        Ok(there) => there,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Kept::Nothing),
        Err(error) => return Err(Error::io(path)(error)),
    };
    if !there.is_file() {
        return Ok(Kept::Others);
    }
    let bytes = fs::read(path).map_err(Error::io(path))?;
    let text = String::from_utf8_lossy(&bytes);
    let own = text
        .rsplit_once(MARK)
        .is_some_and(|(card, rest)| rest.strip_suffix(END) == Some(&sha256(card)));
    Ok(match own {
        true => Kept::Own,
        false => Kept::Others,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_what_gatefold_wrote_is_replaced_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let path = folder.join("README.md");
        assert!(write_model_card(folder, "# One\n").unwrap());
        assert!(write_model_card(folder, "# Two\n").unwrap());
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("# Two\n\n<!-- Written by gatefold"),
            "{text}"
        );

        let edited = text.replace("Two", "Mine");
        fs::write(&path, &edited).unwrap();
        assert!(!write_model_card(folder, "# Three\n").unwrap());
        remove_model_card(folder).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), edited);

        fs::write(&path, &text).unwrap();
        remove_model_card(folder).unwrap();
        assert!(!path.exists());
        remove_model_card(folder).unwrap();
    }
}
