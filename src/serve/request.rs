//! What a request asks about: texts, out of JSON or a form.

use serde::Deserialize;

/// The key of a form with the text.
const FORM_KEY: &str = "text";

/// Texts to be answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// One, whose answer stands alone.
    One(String),
    /// A list, answered by a list.
    List(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    text: Option<String>,
    texts: Option<Vec<String>>,
}

impl Asked {
    /// Reads `{"text": "…"}` or `{"texts": ["…", "…"]}`; else says what is wrong.
    pub fn from_json(bytes: &[u8]) -> Result<Asked, String> {
        let wrong = |problem: &str| {
            format!("{problem}; send {{\"text\": \"…\"}} or {{\"texts\": [\"…\", \"…\"]}}")
        };
        let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
        if first != Some(&b'{') {
            return Err(wrong("the body is no JSON object"));
        }
        let body: Body = serde_json::from_slice(bytes)
            .map_err(|error| wrong(&format!("the body's JSON: {error}")))?;
        match (body.text, body.texts) {
            (Some(text), None) => Ok(Asked::One(text)),
            (None, Some(texts)) if texts.is_empty() => Err(wrong("`texts` holds no text")),
            (None, Some(texts)) => Ok(Asked::List(texts)),
            (Some(_), Some(_)) => Err(wrong("`text` and `texts` do not go together")),
            (None, None) => Err(wrong("there is neither `text` nor `texts`")),
        }
    }

    /// Reads the field `text` of a form.
    pub fn from_form(bytes: &[u8]) -> Result<String, String> {
        let mut fields = form_urlencoded::parse(bytes);
        let text = fields.find(|(key, _)| key == FORM_KEY);
        text.map(|(_, text)| text.into_owned())
            .ok_or_else(|| format!("the form has no field `{FORM_KEY}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_one_text_or_a_list() {
        let one = |text: &str| Ok(Asked::One(text.to_owned()));
        assert_eq!(Asked::from_json(br#"{"text": "a film"}"#), one("a film"));
        assert_eq!(Asked::from_json(b" \n{\"text\": \"\"}"), one(""));
        let list = Asked::from_json("{\"texts\": [\"좋아요\", \"\\ud83c\\udfac\"]}".as_bytes());
        let texts = ["좋아요", "🎬"].map(str::to_owned).to_vec();
        assert_eq!(list, Ok(Asked::List(texts)));
    }

    #[test]
    fn what_is_neither_is_refused_with_what_would_do() {
        for (body, words) in [
            (&b""[..], "no JSON object"),
            (b"[\"a\", null]", "no JSON object"),
            (b"\"a\"", "no JSON object"),
            (b"{}", "neither"),
            (b"{\"text\": null}", "neither"),
            (b"{\"texts\": []}", "no text"),
            (b"{\"text\": \"a\", \"texts\": [\"b\"]}", "together"),
            (b"{\"text\": 1}", "line 1 column 10"),
            (b"{\"text\": \"a\"", "EOF"),
            (b"{\"text\": \"a\"} b", "trailing"),
            (b"{\"text\": \"a\", \"text\": \"b\"}", "duplicate"),
            (b"{\"txt\": \"a\"}", "unknown field `txt`"),
            (b"{\"text\": \"\xff\"}", "line 1"),
        ] {
            let error = Asked::from_json(body).err().unwrap_or_default();
            let shown = String::from_utf8_lossy(body);
            assert!(error.contains(words), "{shown}: {error}");
            assert!(error.contains("send {\"text\": \"…\"} or"), "{error}");
        }
    }

    #[test]
    fn a_form_has_its_text_decoded() {
        let text = Asked::from_form("x=1&text=a+fine%0D%0A%ED%95%9C".as_bytes());
        assert_eq!(text, Ok("a fine\r\n한".to_owned()));
        assert_eq!(Asked::from_form(b"text="), Ok(String::new()));
        let error = Asked::from_form(b"other=1");
        assert_eq!(error, Err("the form has no field `text`".to_owned()));
    }
}
