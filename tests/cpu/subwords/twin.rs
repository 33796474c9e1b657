//! The original's algorithms again, step by step and slow: what the fast ones are compared with.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;

const ESCAPE: &str = "\\&undsc";

/// The runs of a text, by Python's definition of `\w` for the characters that these tests use.
fn runs(text: &str) -> Vec<String> {
    const NO_WORD: [char; 4] = ['\u{93E}', '\u{24B6}', '\u{301}', '\u{85}'];
    let is_word = |character: char| {
        (character.is_alphanumeric() || character == '_') && !NO_WORD.contains(&character)
    };
    let mut runs: Vec<String> = Vec::new();
    for (index, part) in text.split(ESCAPE).enumerate() {
        if index > 0 {
            runs.push(ESCAPE.to_owned());
        }
        let mut word = None;
        for character in part.chars() {
            if word != Some(is_word(character)) {
                word = Some(is_word(character));
                runs.push(String::new());
            }
            runs.last_mut().unwrap().push(character);
        }
    }
    runs
}

/// The tokens of a text without reserved subwords but the escape.
pub fn tokens(text: &str) -> Vec<String> {
    let runs = runs(text);
    let mut tokens = Vec::new();
    let mut index = 0;
    while index < runs.len() {
        let space = if runs.get(index + 1).is_some_and(|next| next == " ") {
            "_"
        } else {
            ""
        };
        if runs[index] == ESCAPE {
            tokens.push("\\&".to_owned());
            tokens.push(format!("undsc{space}"));
            index += 1;
        } else {
            tokens.push(format!("{}{space}", runs[index].replace('_', ESCAPE)));
            index += 1 + space.len();
        }
    }
    tokens
}

/// Cuts a token into the longest subwords that fit, from the left, and characters.
fn segments(token: &[char], is_subword: impl Fn(&str) -> bool) -> Vec<String> {
    let mut segments = Vec::new();
    let mut start = 0;
    while start < token.len() {
        let candidates = (start + 1..=token.len()).rev();
        let segment = candidates
            .map(|end| token[start..end].iter().collect::<String>())
            .find(|text| text == ESCAPE || is_subword(text))
            .unwrap_or(token[start].to_string());
        start += segment.chars().count();
        segments.push(segment);
    }
    segments
}

/// Encodes a text that has no reserved subword in it.
pub fn encode(subwords: &[String], text: &str) -> Vec<u32> {
    let ids: HashMap<&str, u32> = subwords.iter().map(String::as_str).zip(1..).collect();
    let byte = |byte: u8| 1 + subwords.len() as u32 + u32::from(byte);
    let mut encoded = Vec::new();
    for token in tokens(text) {
        let token: Vec<char> = token.chars().collect();
        for segment in segments(&token, |text| ids.contains_key(text)) {
            match (segment.as_str(), ids.get(segment.as_str())) {
                (ESCAPE, _) => encoded.push(byte(b'_')),
                (_, Some(&id)) => encoded.push(id),
                ("_", None) => encoded.push(byte(b' ')),
                (text, None) => encoded.extend(text.bytes().map(byte)),
            }
        }
    }
    encoded
}

/// Builds a vocabulary as the original does, for the size nearest to `target`; the subwords and the least
/// count, or `None` where there is no token.
///
/// With one departure: no subword holds a line feed.
pub fn build(texts: &[String], target: usize) -> Option<(Vec<String>, u64)> {
    let mut counts = BTreeMap::new();
    for token in texts.iter().flat_map(|text| tokens(text)) {
        *counts.entry(token).or_insert(0) += 1;
    }
    let (low, high) = (*counts.values().min()?, *counts.values().max()?);
    Some(search(&counts, target, low, high))
}

fn search(
    counts: &BTreeMap<String, u64>,
    target: usize,
    low: u64,
    high: u64,
) -> (Vec<String>, u64) {
    let least = (low + high) / 2;
    let here = (choose(counts, least), least);
    let size = |subwords: &[String]| 1 + subwords.len() + 256;
    let distance = |found: &(Vec<String>, u64)| size(&found.0).abs_diff(target);
    if distance(&here) * 100 < target || low >= high || least <= 1 {
        return here;
    }
    let next = if size(&here.0) > target {
        search(counts, target, least + 1, high)
    } else {
        search(counts, target, low, least - 1)
    };
    if distance(&here) < distance(&next) {
        here
    } else {
        next
    }
}

fn choose(counts: &BTreeMap<String, u64>, least: u64) -> Vec<String> {
    const LONGEST: usize = 20;
    let mut subwords: Vec<String> = Vec::new();
    for _ in 0..4 {
        let mut prefixes: BTreeMap<Vec<char>, u64> = BTreeMap::new();
        for (token, count) in counts {
            let token: Vec<char> = token.chars().collect();
            let mut start = 0;
            for segment in segments(&token, |text| subwords.iter().any(|known| known == text)) {
                let end = token.len().min(start + LONGEST);
                for end in start + 1..=end {
                    if token[end - 1] == '\n' {
                        break;
                    }
                    *prefixes.entry(token[start..end].to_vec()).or_default() += count;
                }
                start += segment.chars().count();
            }
        }
        let mut chosen = Vec::new();
        for length in (1..=LONGEST).rev() {
            let of_length: Vec<Vec<char>> = prefixes
                .keys()
                .filter(|prefix| prefix.len() == length)
                .cloned()
                .collect();
            for prefix in of_length {
                let count = prefixes[&prefix];
                let text: String = prefix.iter().collect();
                if count < least || text.len() <= 1 {
                    continue;
                }
                chosen.push((count, text));
                for end in 1..length {
                    *prefixes.get_mut(&prefix[..end]).unwrap() -= count;
                }
            }
        }
        chosen.sort();
        subwords = chosen.into_iter().rev().map(|(_, text)| text).collect();
    }
    subwords
}

/// Texts of pieces that meet the rules of encoder and builder.
pub fn knotty_text() -> impl Strategy<Value = String> {
    const PIECES: [&str; 22] = [
        " ",
        "  ",
        "_",
        "__",
        "a",
        "ab",
        "ba",
        "é",
        "\u{85}",
        ".",
        ". ",
        "\n",
        "中",
        "\u{93E}",
        "\u{24B6}",
        "😀",
        "1",
        "\\&",
        "\\",
        "'",
        // An underscore after it is escaped across the length of the longest subword.
        "abababababababab",
        "\\&undsc",
    ];
    prop::collection::vec(prop::sample::select(&PIECES[..]), 0..24)
        .prop_map(|pieces| pieces.concat())
}

/// Whether encoding keeps the text: the original doubles the space after a literal escape.
pub fn is_round(text: &str) -> bool {
    !text.contains("\\&undsc ")
}
