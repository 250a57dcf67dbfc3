//! What the fuzzer once found stays mended, its targets are the laws, and what it begins with is sound.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ledger::formats::{Format, Writer};
use ledger::note::Signer as _;
use ledger::tile::write_entry;
use ledger::verify::Verdict;

use crate::bundle::log::{TestLog, Wanted};
use crate::laws::{FULL, KEY, LAWS};
use crate::parts::Parts;
use crate::sample;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

/// The files in a folder, in the order of their names; none if it is not there.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let paths: BTreeSet<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.into_iter().collect()
}

#[test]
fn no_stored_finding_breaks_its_law() {
    for (name, law) in LAWS {
        let seeds = files(&fuzz().join("seeds").join(name));
        assert!(!seeds.is_empty(), "{name}");
        for file in files(&fuzz().join("regressions").join(name)).iter().chain(&seeds) {
            println!("{name}: {}", file.display());
            law(&fs::read(file).expect("a readable file"));
        }
    }
}

#[test]
fn every_law_is_fuzzed() {
    let laws: BTreeSet<String> = LAWS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let names = |folder: &str| -> BTreeSet<String> {
        let name = |path: PathBuf| path.file_stem().map(|name| name.to_string_lossy().into_owned());
        let is_ours = |name: &String| name.starts_with("ledger_");
        files(&fuzz().join(folder)).into_iter().filter_map(name).filter(is_ours).collect()
    };
    assert_eq!(names("targets"), laws);
    assert_eq!(names("seeds"), laws);
    assert!(names("regressions").is_subset(&laws));
}

/// What the fuzzer begins with. A format never changes, so these are what they were when they were stored: run this test
/// with `LEDGER_NEW_VECTORS` set to store one that is not there.
#[test]
fn what_the_fuzzer_begins_with_is_what_is_written_today() {
    let mut log = TestLog::of(8);
    log.destroy(&["detail"]);
    let server = log.server(4);
    let changes = [(log.signer_with(2).key().clone(), log.introduction(2), 0)];
    let wanted = Wanted { places: Some(2..7), server: Some((&server, 4)), changes: &changes, ..Wanted::default() };
    let leaf = log.entries[3].leaf.as_leaf();
    let mut entries = vec![2];
    for entry in &log.entries[..2] {
        write_entry(&mut entries, entry.leaf.as_leaf().as_bytes()).expect("a short entry");
    }
    let (mut rows, writer) = (String::new(), Writer::new(Format::CsvFull, sample::DEVICE));
    writer.start(&mut rows);
    log.entries.iter().for_each(|entry| writer.entry(&mut rows, entry, None));
    let policy = format!("log {}\nwitness w {} address\nquorum w\n", log.signer().key(), log.signer_with(2).key());
    let edge = [&8_u64.to_be_bytes()[..], &[7; 8 * 32]].concat();
    let seeds: [(&str, Vec<u8>); 13] = [
        ("ledger_note/checkpoint", log.checkpoint(9).into()),
        ("ledger_note/key", log.signer().key().to_string().into()),
        ("ledger_note/policy", policy.into()),
        ("ledger_proof/proof", log.tlog_proof(3).into()),
        ("ledger_leaf/leaf", leaf.as_bytes().to_vec()),
        ("ledger_leaf/opening", log.entries[3].openings[0].line().into()),
        ("ledger_entries/two", entries),
        ("ledger_tile/path", b"tile/entries/x001/234.p/5".to_vec()),
        ("ledger_tile/full", vec![7; 256 * 32]),
        ("ledger_tile/edge", edge),
        ("ledger_csv/rows", rows.into()),
        ("ledger_bundle/full.zip", log.bundle(&wanted)),
        ("ledger_edit/manifest", [&[2, 0, 9, 3][..], b"abc"].concat()),
    ];
    for (name, content) in seeds {
        let path = fuzz().join("seeds").join(name);
        if !path.exists() && std::env::var_os("LEDGER_NEW_VECTORS").is_some() {
            fs::create_dir_all(path.parent().expect("a folder")).expect("the seeds can be written");
            fs::write(&path, &content).expect("the seeds can be written");
        }
        let stored = fs::read(&path).expect("it is there");
        if name.starts_with("ledger_bundle/") {
            // Another compressor gives other bytes, and so another manifest. The catalogue grows with the product, and a
            // bundle that was made before must be readable for ever.
            let members = |bundle: &[u8]| {
                let mut parts = Parts::of(bundle).0;
                parts.retain(|(name, _)| !["manifest.json", "catalogue.json"].contains(&name.as_str()));
                parts
            };
            assert!(members(&stored) == members(&content), "{name}");
        } else {
            assert!(stored == content, "{name}");
        }
    }
    assert_eq!(log.signer().key().to_string(), KEY);
    assert_eq!(crate::bundle::verify(FULL, &log.trust()).verdict, Verdict::Verified);
}
