//! Links from a page to the report of a run in a folder below.

/// Where the report of the run in `folder`, right below the page's own, is.
pub(crate) fn link_below(folder: &str) -> String {
    format!("{}/report.html", encoded(folder))
}

/// A folder's name as part of a link.
fn encoded(name: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.,=".contains(letter);
    let mut link = String::new();
    for letter in name.chars() {
        match plain(letter) {
            true => link.push(letter),
            false => {
                let mut bytes = [0; 4];
                for byte in letter.encode_utf8(&mut bytes).bytes() {
                    link.push_str(&format!("%{byte:02X}"));
                }
            }
        }
    }
    link
}
