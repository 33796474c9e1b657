//! Checks of a page for a browser.

/// Elements without an end tag.
const VOID: [&str; 6] = ["br", "hr", "img", "input", "link", "meta"];

/// Elements whose content is no markup.
const RAW: [&str; 2] = ["script", "style"];

/// Fails unless all elements of the page are closed in order, and none is loaded from elsewhere. Returns how
/// many there are.
pub fn check(page: &str) -> usize {
    assert!(
        page.trim_start().starts_with("<!DOCTYPE html>"),
        "no doctype"
    );
    let mut open: Vec<&str> = Vec::new();
    let mut count = 0;
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        rest = &rest[start..];
        if let Some(&raw) = open.last().filter(|name| RAW.contains(name)) {
            let end = rest.find(&format!("</{raw}>"));
            rest = &rest[end.unwrap_or_else(|| panic!("<{raw}> has no end"))..];
        }
        let end = rest
            .find('>')
            .unwrap_or_else(|| panic!("no end of {rest:.60}"));
        let tag = &rest[1..end];
        rest = &rest[end + 1..];
        if tag.starts_with('!') {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "before {rest:.60}");
            continue;
        }
        count += 1;
        check_attributes(tag);
        let name = tag.split([' ', '/']).next().unwrap_or_default();
        assert!(
            name.chars().all(|letter| letter.is_ascii_alphanumeric()),
            "<{tag}>"
        );
        if !tag.ends_with('/') && !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "never closed: {open:?}");
    for word in ["@import", "url(", "fetch(", "XMLHttpRequest", "import("] {
        assert!(!page.contains(word), "loads something: {word}");
    }
    count
}

/// Fails where the tag loads anything, or holds half a value.
fn check_attributes(tag: &str) {
    assert_eq!(tag.matches('"').count() % 2, 0, "<{tag}>");
    for (attribute, harmless) in [
        ("src=", &[][..]),
        ("href=", &["\"#", "\"data:,\""]),
        ("action=", &[]),
    ] {
        for (place, _) in tag.match_indices(attribute) {
            let value = &tag[place + attribute.len()..];
            let is_harmless = harmless.iter().any(|start| value.starts_with(start));
            assert!(is_harmless, "loads something: <{tag}>");
        }
    }
}
