//! Whether all ranks are about to do the same.

use super::group::Ranks;
use super::parts::{pack_parts, unpack_parts};
use crate::error::{Error, Result};

/// What a rank says of itself.
struct Said {
    host: String,
    /// Names and values.
    facts: Vec<(String, String)>,
}

impl Said {
    fn unpack(bytes: &[u8]) -> Result<Said> {
        let parts = unpack_parts(bytes)?;
        let texts = parts
            .iter()
            .map(|part| String::from_utf8_lossy(part).into_owned());
        let mut texts = texts.collect::<Vec<_>>().into_iter();
        let host = texts.next().unwrap_or_default();
        let mut facts = Vec::new();
        while let (Some(name), Some(value)) = (texts.next(), texts.next()) {
            facts.push((name, value));
        }
        Ok(Said { host, facts })
    }

    fn value(&self, name: &str) -> &str {
        let found = self.facts.iter().find(|(known, _)| known == name);
        found.map_or("nothing", |(_, value)| value)
    }

    /// The first name that has another value in `other`.
    fn first_difference<'a>(&'a self, other: &'a Said) -> Option<&'a str> {
        let facts = self.facts.iter().chain(&other.facts);
        let mut names = facts.map(|(name, _)| name.as_str());
        names.find(|name| self.value(name) != other.value(name))
    }
}

impl Ranks {
    /// Fails where ranks differ in one of these names and values.
    ///
    /// # Errors
    /// [`Error::Ranks`] names the first rank that differs from rank 0, with both values; else as [`Ranks::combine`].
    pub fn check_same(&self, facts: &[(&str, String)]) -> Result<()> {
        let facts = facts.iter().flat_map(|(name, value)| [*name, value]);
        let parts = std::iter::once(self.host().into_bytes());
        let parts: Vec<Vec<u8>> = parts
            .chain(facts.map(|text| text.as_bytes().to_vec()))
            .collect();
        let mut own = Vec::new();
        pack_parts(&parts, &mut own);
        let all = self.gather(&own)?;
        let all = all
            .iter()
            .map(|bytes| Said::unpack(bytes))
            .collect::<Result<Vec<_>>>()?;
        let Some((first, others)) = all.split_first() else {
            return Ok(());
        };
        for (rank, other) in (1..).zip(others) {
            if let Some(name) = first.first_difference(other) {
                return Err(Error::Ranks(format!(
                    "rank {rank} on {} is not to do the same as rank 0: {name} is {} there, and {} on rank 0; start all ranks \
                     with the same program, options and data",
                    other.host,
                    other.value(name),
                    first.value(name)
                )));
            }
        }
        Ok(())
    }
}
