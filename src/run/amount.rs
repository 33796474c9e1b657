//! [`Amount`]: so many of them, or all.

use std::fmt;
use std::str::FromStr;

use serde::de::{Error as _, Unexpected};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::Error;

/// `all` in `config.toml`, and on the command line.
const ALL: &str = "all";

/// So many of them, or all.
///
/// # Examples
/// ```
/// use gatefold::run::Amount;
///
/// assert_eq!("all".parse::<Amount>()?, Amount::All);
/// assert_eq!("300".parse::<Amount>()?, Amount::Count(300));
/// assert_eq!(Amount::Count(300).of(80), 80);
/// # Ok::<(), gatefold::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// All of them.
    All,
    /// So many.
    Count(usize),
}

impl Amount {
    /// How many that is where there are so many.
    pub fn of(self, many: usize) -> usize {
        match self {
            Amount::All => many,
            Amount::Count(count) => count.min(many),
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Amount::All => f.write_str(ALL),
            Amount::Count(count) => count.fmt(f),
        }
    }
}

impl FromStr for Amount {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            ALL => Ok(Amount::All),
            text => text
                .parse()
                .map(Amount::Count)
                .map_err(|_| Error::Data(format!("{text:?} is neither a number nor `{ALL}`"))),
        }
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Amount::All => serializer.serialize_str(ALL),
            Amount::Count(count) => count.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Count(usize),
            Text(String),
        }
        match Either::deserialize(deserializer)? {
            Either::Count(count) => Ok(Amount::Count(count)),
            Either::Text(text) if text == ALL => Ok(Amount::All),
            Either::Text(text) => {
                let expected = "a number or \"all\"";
                Err(D::Error::invalid_value(Unexpected::Str(&text), &expected))
            }
        }
    }
}
