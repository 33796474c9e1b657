//! The cache of encoded reviews: what it gives is what reading gives, whatever became of its files.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use gatefold::data::{Dataset, ExportForm, ReviewLimits, Source, Table, export, load, load_cached};
use tempfile::TempDir;

use crate::support;

const VOCABULARY: &str = "### SubwordTextEncoder\n### Metadata: {}\n'good_'\n'film'\n";

/// A folder of reviews that was written a while ago, a vocabulary in it, and an empty cache.
struct Place(TempDir);

impl Place {
    fn new() -> Place {
        let place = Place(tempfile::tempdir().unwrap());
        for part in ["train", "test"] {
            for (class, rating) in [("neg", 2), ("pos", 9)] {
                for id in 0..3 {
                    let text = format!("good film {part} {class} {id}. ").repeat(id);
                    place.write(&format!("{part}/{class}/{id}_{rating}.txt"), text);
                }
            }
        }
        // These are told, each time anew.
        place.write("train/unsup/0_0.txt", "whatever");
        place.write("train/neg/notes.txt", "whatever");
        place.write("test/pos/7_9.txt", b"caf\xe9");
        place.write("imdb_reviews.subwords", VOCABULARY);
        place
    }

    fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn cache(&self) -> PathBuf {
        self.0.path().join("cache/tokens")
    }

    /// Writes a file of the data, so that it seems to be an hour old.
    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        self.write_at(name, content, SystemTime::now() - Duration::from_secs(3600));
    }

    fn write_at(&self, name: &str, content: impl AsRef<[u8]>, time: SystemTime) {
        let path = self.data().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        let file = File::options().append(true).open(&path).unwrap();
        file.set_modified(time).unwrap();
    }

    fn packed(&self) -> PathBuf {
        let mut archive = tar::Builder::new(Vec::new());
        archive.append_dir_all("aclImdb", self.data()).unwrap();
        let path = self.data().join("packed.tar");
        fs::write(&path, archive.into_inner().unwrap()).unwrap();
        path
    }

    fn load(&self, path: &Path, limits: ReviewLimits) -> Dataset {
        load_cached(&source(path), None, limits, Some(&self.cache())).unwrap()
    }

    /// Loads all of `path`, and fails unless that gives what reading it without a cache does.
    #[track_caller]
    fn loads_as_without(&self, path: &Path) -> Dataset {
        let cached = self.load(path, ReviewLimits::default());
        let read = load(&source(path), None, ReviewLimits::default()).unwrap();
        assert_same(&cached, &read);
        cached
    }

    /// The files of the cache.
    fn kept(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.cache()) else {
            return Vec::new();
        };
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    #[track_caller]
    fn only_kept(&self) -> PathBuf {
        let mut kept = self.kept();
        assert_eq!(kept.len(), 1, "{kept:?}");
        kept.remove(0)
    }
}

fn source(path: &Path) -> Source {
    Source::Path(path.to_owned())
}

#[track_caller]
fn assert_same(left: &Dataset, right: &Dataset) {
    assert!(left.train == right.train && left.test == right.test);
    assert_eq!(left.notes, right.notes);
    assert_eq!(left.name, right.name);
    assert_eq!(left.vocabulary, right.vocabulary);
    assert_eq!(left.synthetic, right.synthetic);
}

#[test]
fn a_second_load_gives_the_same() {
    let place = Place::new();
    for path in [place.data(), place.packed()] {
        let first = place.loads_as_without(&path);
        assert!(first.notes.len() >= 4, "{:?}", first.notes);
        let second = place.loads_as_without(&path);
        assert_same(&first, &second);
    }
}

/// Only time and size tell that a file in a folder has changed, so reviews changed behind their back show
/// what was read and what was not.
#[test]
fn a_second_load_reads_no_reviews() {
    let place = Place::new();
    let first = place.load(&place.data(), ReviewLimits::default());
    let file = place.data().join("train/pos/2_9.txt");
    let (text, time) = (
        fs::read_to_string(&file).unwrap(),
        fs::metadata(&file).unwrap().modified().unwrap(),
    );
    place.write_at("train/pos/2_9.txt", text.replace("good", "dull"), time);
    assert_same(&place.load(&place.data(), ReviewLimits::default()), &first);
    // Nor are those given that would be read without a cache.
    let read = load(&source(&place.data()), None, ReviewLimits::default()).unwrap();
    assert!(read.train != first.train);
}

#[test]
fn changed_reviews_are_read() {
    let place = Place::new();
    let data = place.data();
    let first = place.loads_as_without(&data);

    // Of the same size, a second later.
    let time = SystemTime::now() - Duration::from_secs(3599);
    let text = fs::read_to_string(data.join("test/neg/1_2.txt")).unwrap();
    place.write_at("test/neg/1_2.txt", text.replace("good", "dull"), time);
    let second = place.loads_as_without(&data);
    assert!(first.test != second.test);

    // One more, one less, one of another name.
    place.write("train/pos/8_9.txt", "film");
    assert_eq!(place.loads_as_without(&data).train.len(), 7);
    fs::remove_file(data.join("train/pos/8_9.txt")).unwrap();
    assert_eq!(place.loads_as_without(&data).train.len(), 6);
    fs::rename(
        data.join("train/pos/0_9.txt"),
        data.join("train/pos/9_9.txt"),
    )
    .unwrap();
    place.loads_as_without(&data);

    // An archive is known by its content.
    let packed = place.packed();
    let first = place.loads_as_without(&packed);
    place.write("train/pos/8_9.txt", "film");
    place.packed();
    assert!(place.loads_as_without(&packed).train.len() > first.train.len());
}

#[test]
fn another_vocabulary_gives_other_ids() {
    let place = Place::new();
    let packed = place.packed();
    let first = place.loads_as_without(&packed);
    place.write("imdb_reviews.subwords", VOCABULARY.replace("good_", "goo"));
    let second = place.loads_as_without(&packed);
    assert!(first.train != second.train);
    assert_eq!(place.kept().len(), 2);
}

#[test]
fn limits_are_kept_apart() {
    let place = Place::new();
    let limits = ReviewLimits {
        train: Some(4),
        test: Some(3),
    };
    let data = place.data();
    for _ in 0..2 {
        let all = place.load(&data, ReviewLimits::default());
        let some = place.load(&data, limits);
        assert_eq!((some.train.len(), some.test.len()), (4, 3));
        assert!(some.train[..] == all.train[..4] && some.test[..] == all.test[..3]);
    }
}

#[test]
fn a_copy_is_known_by_its_content_and_called_by_its_own_name() {
    let place = Place::new();
    let packed = place.packed();
    place.loads_as_without(&packed);
    let copy = place.data().join("copy.tar");
    fs::rename(packed, &copy).unwrap();
    assert_eq!(place.loads_as_without(&copy).name, "copy.tar");
    place.only_kept();
}

/// A change of any byte, and a cut at many places, is noticed, and the file made again.
#[test]
fn a_damaged_file_is_made_again() {
    let place = Place::new();
    let packed = place.packed();
    place.loads_as_without(&packed);
    let file = place.only_kept();
    let whole = fs::read(&file).unwrap();
    let mut damaged: Vec<Vec<u8>> = (0..whole.len())
        .map(|at| {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            bytes
        })
        .collect();
    damaged.extend(
        (0..whole.len())
            .step_by(7)
            .map(|length| whole[..length].to_vec()),
    );
    damaged.push([&whole[..], &[0]].concat());
    damaged.push([&whole[..], &[0; 4]].concat());
    damaged.push(vec![0; whole.len()]);
    let read = load(&source(&packed), None, ReviewLimits::default()).unwrap();
    for bytes in damaged {
        fs::write(&file, bytes).unwrap();
        assert_same(&place.load(&packed, ReviewLimits::default()), &read);
        assert!(fs::read(&file).unwrap() == whole, "not made again");
    }
}

#[test]
fn a_file_of_other_reviews_is_not_taken() {
    let place = Place::new();
    let packed = place.packed();
    let data = place.loads_as_without(&packed);
    let file = place.only_kept();
    let limits = ReviewLimits {
        train: Some(5),
        test: Some(1),
    };
    place.load(&packed, limits);
    let other = place.kept().into_iter().find(|kept| *kept != file).unwrap();
    fs::copy(&other, &file).unwrap();
    assert_same(&place.load(&packed, ReviewLimits::default()), &data);
}

#[test]
fn tables_are_known_by_their_content_and_columns() {
    let place = Place::new();
    let rows =
        "text,label,other,split\ngood film,1,0,train\nfilm,0,1,train\n,1,0,test\ngood,0,1,test\n";
    place.write("reviews.csv", rows);
    let table = |label: &str| {
        Source::Table(Table {
            path: place.data().join("reviews.csv"),
            label_column: Some(label.to_owned()),
            ..Table::default()
        })
    };
    for _ in 0..2 {
        for column in ["label", "other"] {
            let read = load(&table(column), None, ReviewLimits::default()).unwrap();
            let cache = place.cache();
            let cached = load_cached(&table(column), None, ReviewLimits::default(), Some(&cache));
            assert_same(&cached.unwrap(), &read);
        }
        assert_eq!(place.kept().len(), 2);
    }
    place.write("reviews.csv", rows.replace("good film", "film film"));
    assert_eq!(
        place
            .loads_as_without(&place.data().join("reviews.csv"))
            .train[0]
            .ids
            .len(),
        3
    );
}

#[test]
fn labels_of_several_classes_are_kept() {
    let place = Place::new();
    let rows = "text,label,split\ngood film,c,train\nfilm,a,train\n\
                so,b,train\ngood,b,test\nfilm,c,test\nso,a,test\n";
    place.write("reviews.csv", rows);
    let cache = place.cache();
    for (kept, names) in [["a", "b", "c"], ["c", "b", "a"]].into_iter().enumerate() {
        let table = Source::Table(Table {
            path: place.data().join("reviews.csv"),
            classes: names.map(str::to_owned).to_vec(),
            ..Table::default()
        });
        let read = load(&table, None, ReviewLimits::default()).unwrap();
        for _ in 0..2 {
            let cached = load_cached(&table, None, ReviewLimits::default(), Some(&cache)).unwrap();
            assert_same(&cached, &read);
            assert_eq!(cached.classes, names);
        }
        assert_eq!(place.kept().len(), kept + 1);
        assert_eq!(read.train[0].label, [2, 0][kept]);
    }
}

#[test]
fn tfds_data_sets_are_kept_as_well() {
    let place = Place::new();
    let dataset = place.load(&place.packed(), ReviewLimits::default());
    let exported = place.0.path().join("exported");
    export(&dataset, ExportForm::Tfds, &exported).unwrap();
    let an_hour_ago = SystemTime::now() - Duration::from_secs(3600);
    let mut folders = vec![exported.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let file = File::options().append(true).open(path).unwrap();
                file.set_modified(an_hour_ago).unwrap();
            }
        }
    }
    for _ in 0..2 {
        let read = place.loads_as_without(&exported);
        assert!(read.train == dataset.train && read.test == dataset.test);
        assert_eq!(place.kept().len(), 2);
    }
}

#[test]
fn what_has_just_changed_is_not_kept() {
    let place = Place::new();
    place.write_at("train/pos/8_9.txt", "film", SystemTime::now());
    place.loads_as_without(&place.data());
    assert!(place.kept().is_empty());
}

#[test]
fn a_cache_that_cannot_be_written_is_done_without() {
    let place = Place::new();
    fs::write(place.0.path().join("cache"), "a file").unwrap();
    place.loads_as_without(&place.data());
    assert_eq!(fs::read(place.0.path().join("cache")).unwrap(), b"a file");
}

#[test]
fn those_last_used_are_kept() {
    let place = Place::new();
    let packed = place.packed();
    let first = |test| ReviewLimits {
        train: None,
        test: Some(test),
    };
    let mut files = Vec::new();
    for test in 1..=6 {
        place.load(&packed, first(test));
        let new = place.kept().into_iter().find(|file| !files.contains(file));
        let new = new.unwrap();
        let hours = Duration::from_secs(3600 * (10 - test as u64));
        let file = File::options().append(true).open(&new).unwrap();
        file.set_modified(SystemTime::now() - hours).unwrap();
        files.push(new);
    }
    // The oldest is used again.
    place.load(&packed, first(1));
    let abandoned = place.cache().join(".x.tokens.1.tmp");
    fs::write(&abandoned, "part").unwrap();
    let being_written = place.cache().join(".y.tokens.2.tmp");
    fs::write(&being_written, "part").unwrap();
    let file = File::options().append(true).open(&abandoned).unwrap();
    let days = Duration::from_secs(3 * 24 * 3600);
    file.set_modified(SystemTime::now() - days).unwrap();
    for train in 4..=7 {
        let limits = ReviewLimits {
            train: Some(train),
            test: None,
        };
        place.load(&packed, limits);
    }
    let kept = place.kept();
    let tokens = kept
        .iter()
        .filter(|file| file.extension().unwrap() == "tokens");
    assert_eq!(tokens.count(), 8);
    let still_there: Vec<bool> = files.iter().map(|file| kept.contains(file)).collect();
    assert_eq!(still_there, [true, false, false, true, true, true]);
    assert!(!abandoned.exists() && being_written.exists());
}

#[test]
fn the_demo_corpus_is_not_kept() {
    let place = Place::new();
    load_cached(
        &Source::Demo,
        None,
        ReviewLimits::default(),
        Some(&place.cache()),
    )
    .unwrap();
    assert!(place.kept().is_empty());
}

#[test]
fn the_real_reviews() {
    let Some(folder) = support::data_dir() else {
        return;
    };
    let place = Place::new();
    let archive = folder.join("aclImdb.tar.zst");
    let first = place.load(&archive, ReviewLimits::default());
    let kept = fs::metadata(place.only_kept()).unwrap();
    let second = place.load(&archive, ReviewLimits::default());
    assert_same(&first, &second);
    let ids: usize = [&first.train, &first.test]
        .into_iter()
        .flatten()
        .map(|review| 1 + review.ids.len())
        .sum();
    let beside = kept.len() - 4 * (ids as u64);
    assert!(beside < 1000, "{beside} bytes are neither ids nor lengths");
}
