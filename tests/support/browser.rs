//! Pages in a browser, where there is one.

use std::fs;
use std::process::Command;

/// The name of a browser's program that this machine has.
pub fn browser() -> Option<&'static str> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    names.into_iter().find(|name| {
        let asked = Command::new(name).arg("--version").output();
        asked.is_ok_and(|output| output.status.success())
    })
}

/// How a page is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Width of the window in pixels.
    pub width: u32,
    /// Whether the reader prefers a dark page.
    pub dark: bool,
}

/// A page with one more script, a whole element, at the end of its body.
pub fn with_script(page: &str, script: &str) -> String {
    page.replace("</body>", &format!("{script}</body>"))
}

/// The title that `page` has once its scripts have run, for which the browser's own clock gives them ten seconds.
pub fn title_of(browser: &str, page: &str, look: Look) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    fs::write(&path, page).unwrap();
    let scheme = if look.dark { 0 } else { 1 };
    let output = Command::new(browser)
        .args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--virtual-time-budget=10000",
            "--dump-dom",
        ])
        .arg(format!("--window-size={},900", look.width))
        .arg(format!("--blink-settings=preferredColorScheme={scheme}"))
        .arg(format!(
            "--user-data-dir={}",
            folder.path().join("profile").display()
        ))
        .arg(format!("file://{}", path.display()))
        .output()
        .unwrap();
    let page = String::from_utf8_lossy(&output.stdout);
    let title = page
        .split("<title>")
        .nth(1)
        .and_then(|rest| rest.split("</title>").next());
    title.unwrap_or_default().to_owned()
}
