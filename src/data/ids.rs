//! The ids of a review, in memory of their own or in a mapped file of the token cache.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

use super::cache::TokenFile;

/// Subword ids that cannot be changed: a `[u32]`, wherever it is kept. Copies share it.
///
/// # Examples
/// ```
/// use gatefold::data::Ids;
///
/// let ids = Ids::from(vec![62, 18, 41]);
/// assert_eq!(ids, [62, 18, 41]);
/// assert_eq!(ids.len(), 3);
/// ```
#[derive(Clone)]
pub struct Ids(Place);

#[derive(Clone)]
enum Place {
    Memory(Arc<[u32]>),
    File {
        file: Arc<TokenFile>,
        range: Range<usize>,
    },
}

impl Ids {
    /// Those at `range` of a file's tokens.
    pub(super) fn in_file(file: &Arc<TokenFile>, range: Range<usize>) -> Ids {
        Ids(Place::File {
            file: Arc::clone(file),
            range,
        })
    }
}

impl Deref for Ids {
    type Target = [u32];

    fn deref(&self) -> &[u32] {
        match &self.0 {
            Place::Memory(ids) => ids,
            Place::File { file, range } => &file.tokens()[range.clone()],
        }
    }
}

impl From<Vec<u32>> for Ids {
    fn from(ids: Vec<u32>) -> Ids {
        Ids(Place::Memory(ids.into()))
    }
}

impl FromIterator<u32> for Ids {
    fn from_iter<I: IntoIterator<Item = u32>>(ids: I) -> Ids {
        Ids(Place::Memory(ids.into_iter().collect()))
    }
}

impl<'a> IntoIterator for &'a Ids {
    type Item = &'a u32;
    type IntoIter = std::slice::Iter<'a, u32>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl PartialEq for Ids {
    fn eq(&self, other: &Ids) -> bool {
        **self == **other
    }
}

impl Eq for Ids {}

impl<const N: usize> PartialEq<[u32; N]> for Ids {
    fn eq(&self, other: &[u32; N]) -> bool {
        **self == *other
    }
}

impl fmt::Debug for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
