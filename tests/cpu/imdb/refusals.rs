//! Data that is missing, damaged or not to be trusted: a clear error each.

use std::fs::{self, File};

use proptest::prelude::*;

use super::*;
use crate::support::damage::{check, damage};

#[test]
fn a_class_or_a_part_without_reviews_is_named() {
    for missing in ["train/neg", "train/pos", "test/neg", "test/pos"] {
        let mut files = reviews();
        files.retain(|(path, _)| !path.contains(missing));
        let folder = folder();
        unpack(folder.path(), &files);
        for error in [
            message(load_files(&files)),
            message(load_all(folder.path())),
        ] {
            assert!(
                error.contains(&format!(
                    ": no reviews in {missing}; train and test need both classes"
                )),
                "{error}"
            );
        }
    }
    let folder = folder();
    for error in [
        message(load_files(&vec![])),
        message(load_all(folder.path())),
    ] {
        assert!(
            error.contains(": no reviews; expected files train|test/pos|neg/ID_RATING.txt"),
            "{error}"
        );
    }
}

#[test]
fn a_path_that_is_no_data_is_named_with_what_would_be() {
    let folder = folder();
    let missing = folder.path().join("none.tar");
    let error = message(load_all(&missing));
    assert!(
        error.contains("none.tar: no such file or folder; `Source::Path` takes an aclImdb folder"),
        "{error}"
    );

    for (bytes, words) in [
        (&b""[..], "byte 0: the file is empty"),
        (
            b"text,label\n",
            "byte 0: not an archive of reviews; give an aclImdb folder, or one packed as .tar,",
        ),
        (
            b"PK\x03\x04zip",
            "byte 0: a zip archive; unpack it and give",
        ),
        (b"BZh91AY", "byte 0: a bzip2 file; unpack it and give"),
        (&[b'x'; 2000], "byte 0: not an archive of reviews"),
    ] {
        let error = message(load_bytes(bytes));
        assert!(error.contains(words), "{error}");
    }
    for form in &FORMS[1..] {
        let error = message(load_bytes(&pack(form, &b"no tar within ".repeat(100))));
        assert!(
            error.contains("the archive is corrupt") && error.contains("byte "),
            "{form}: {error}"
        );
    }
}

#[test]
fn an_archive_cut_short_anywhere_is_an_error_that_says_so() {
    let tar = tar(&reviews());
    // Two blocks of zeros end a tar, and say so already in the first.
    let end = tar.len() - 1024;
    for form in FORMS {
        let whole = pack(form, &tar);
        let complete = if form == "tar" {
            end + 512
        } else {
            whole.len()
        };
        let step = complete / 150 + 1;
        let points = (0..complete).step_by(step).chain(complete - 20..complete);
        for cut in points.chain((0..complete).step_by(512)) {
            let error = message(load_bytes(&whole[..cut]));
            let early = if form == "tar" { 512 } else { 6 };
            if cut >= early {
                assert!(
                    error.contains(": the archive is cut short; copy or download it again"),
                    "{form} {cut}: {error}"
                );
                assert!(
                    error.contains(&format!(", byte {cut}: "))
                        || error.contains(&format!(": byte {cut}: ")),
                    "{form} {cut}: {error}"
                );
            }
        }
    }
    let error = message(load_bytes(&tar[..end - 400]));
    assert!(
        error.contains(&format!(
            "data: entry aclImdb/test/pos/5_9.txt, byte {}: ",
            end - 400
        )),
        "{error}"
    );
}

#[test]
fn a_corrupt_archive_is_never_taken_for_another_data_set() {
    let tar = tar(&reviews());
    let expected = load_bytes(&tar).unwrap();
    for form in &FORMS[1..] {
        let whole = pack(form, &tar);
        let mut errors = 0;
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            match load_bytes(&bytes) {
                // Bits that carry nothing: a time, a flag.
                Ok(dataset) => assert_same(&dataset, &expected, form),
                Err(error) => {
                    errors += 1;
                    assert!(error.to_string().contains("byte "), "{form} {at}: {error}");
                }
            }
        }
        assert!(
            errors > whole.len() * 9 / 10,
            "{form}: {errors} of {}",
            whole.len()
        );
    }
    // A tar guards its headers alone.
    let mut bytes = tar.clone();
    bytes[512 * 6 + 130] ^= 0x10;
    let error = message(load_bytes(&bytes));
    assert!(
        error.contains(
            "the archive is corrupt (archive header checksum mismatch); copy or download it again"
        ),
        "{error}"
    );
    assert!(
        error.contains("after entry aclImdb/train/neg/0_2.txt, byte 3584"),
        "{error}"
    );
}

#[test]
fn a_name_that_leaves_the_archive_is_refused_and_nothing_is_written() {
    for name in [
        "../aclImdb/train/pos/77_9.txt",
        "aclImdb/../../train/pos/77_9.txt",
        "/aclImdb/train/pos/77_9.txt",
    ] {
        let mut files = reviews();
        files.push((name.to_owned(), b"good film".to_vec()));
        let outer = tempfile::tempdir().unwrap();
        let inner = outer.path().join("inner");
        fs::create_dir(&inner).unwrap();
        fs::write(inner.join("imdb_reviews.subwords"), VOCABULARY).unwrap();
        fs::write(inner.join("data.tar"), tar(&files)).unwrap();
        let error = message(load_all(&inner.join("data.tar")));
        assert!(error.contains(&format!("entry {name}, byte ")), "{error}");
        assert!(
            error.contains("the path leaves the archive; pack it again with relative paths"),
            "{error}"
        );
        assert_eq!(fs::read_dir(outer.path()).unwrap().count(), 1);
        assert_eq!(fs::read_dir(&inner).unwrap().count(), 2);
    }
}

#[test]
fn a_link_in_place_of_a_review_is_refused() {
    for kind in [tar::EntryType::Symlink, tar::EntryType::Link] {
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(kind);
        header.set_size(0);
        builder
            .append_link(&mut header, "aclImdb/train/pos/0_9.txt", "elsewhere.txt")
            .unwrap();
        let error = message(load_bytes(&builder.into_inner().unwrap()));
        assert!(
            error.contains("entry aclImdb/train/pos/0_9.txt, byte 512: a link instead of a review"),
            "{error}"
        );
        assert!(
            error.contains("tar --dereference --hard-dereference"),
            "{error}"
        );
    }
}

#[test]
fn the_same_review_twice_is_refused() {
    let mut files = reviews();
    files.push(("copy/train/pos/3_9.txt".to_owned(), b"film".to_vec()));
    let error = message(load_files(&files));
    assert!(
        error.contains("entry copy/train/pos/3_9.txt, byte ")
            && error.contains("has this review twice"),
        "{error}"
    );
    let folder = folder();
    unpack(folder.path(), &files);
    let error = message(load_all(folder.path()));
    assert!(
        error.contains("3_9.txt: the file: this review is in another folder below as well"),
        "{error}"
    );
}

#[test]
fn a_review_of_absurd_size_is_refused_before_it_is_read() {
    for size in [(16 << 20) + 1, 1u64 << 40, u64::MAX >> 1] {
        let mut header = tar::Header::new_gnu();
        header.set_path("aclImdb/train/pos/0_9.txt").unwrap();
        header.set_size(size);
        header.set_cksum();
        let bytes = [&header.as_bytes()[..], &[0; 1024]].concat();
        let error = message(load_bytes(&bytes));
        let words = format!(
            "entry aclImdb/train/pos/0_9.txt, byte 512: claims {size} bytes; a review has 16 MiB at most"
        );
        assert!(error.contains(&words), "{error}");
    }
    let folder = folder();
    unpack(folder.path(), &reviews());
    let huge = File::create(folder.path().join("aclImdb/train/pos/99_9.txt")).unwrap();
    huge.set_len((16 << 20) + 1).unwrap();
    let error = message(load_all(folder.path()));
    assert!(
        error.contains("99_9.txt: the file: a review has 16 MiB at most; this is another file"),
        "{error}"
    );
}

#[test]
fn a_zstd_window_of_absurd_size_is_refused() {
    // A frame whose descriptor asks for a window of 2^41 bytes, and one whose content claims 2^60.
    let magic = 0xFD2F_B528_u32.to_le_bytes();
    for header in [&[0x00, 31 << 3][..], &[0xE0, 0, 0, 0, 0, 0, 0, 0, 0x10]] {
        let error = message(load_bytes(&[&magic, header, &[0; 64]].concat()));
        assert!(
            error.contains("more than 128 MiB; pack it again without --long"),
            "{error}"
        );
    }
}

#[cfg(unix)]
#[test]
fn what_a_folder_has_but_nobody_can_read_is_named() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let folder = folder();
    unpack(folder.path(), &reviews());
    let dangling = folder.path().join("aclImdb/train/pos/88_9.txt");
    symlink("nowhere", &dangling).unwrap();
    let error = message(load_all(folder.path()));
    assert!(
        error.starts_with(&format!("{}: ", dangling.display())),
        "{error}"
    );
    assert!(error.contains("No such file"), "{error}");
    fs::remove_file(dangling).unwrap();

    let closed = folder.path().join("aclImdb/test/neg");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    let result = load_all(folder.path());
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
    match result {
        Ok(_) => eprintln!("SKIPPED: this user may read a folder without permissions"),
        Err(error) => {
            let error = error.to_string();
            assert!(
                error.starts_with(&format!("{}: ", closed.display())),
                "{error}"
            );
            assert!(error.contains("Permission denied"), "{error}");
        }
    }
}

#[test]
fn damaged_archives_give_errors_and_nothing_worse() {
    // As small as a data set can be, since every case is read.
    let mut files = reviews();
    files.retain(|(path, _)| path.contains("/0_") || path.contains("/1_"));
    let packed = FORMS.map(|form| pack(form, &tar(&files)));
    let folder = folder();
    let path = folder.path().join("data");
    let strategy = (0..FORMS.len(), damage(b"\0 07/.\xFFLg"));
    check(100_000, strategy, |(form, damage)| {
        fs::write(&path, damage.apply(&packed[form])).unwrap();
        if let Err(error) = load_all(&path) {
            prop_assert!(error.to_string().contains("data: "), "{}", error);
        }
        Ok(())
    });
}
