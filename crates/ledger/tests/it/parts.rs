//! A bundle taken apart, and put together again by somebody who changed something in it.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The members of a bundle, in order.
#[derive(Clone)]
pub(crate) struct Parts(pub(crate) Members);

/// Names and contents.
pub(crate) type Members = Vec<(String, Vec<u8>)>;

impl Parts {
    /// Reads the archive from its directory.
    pub(crate) fn of(bundle: &[u8]) -> Self {
        let number = |at: usize, width: usize| {
            bundle[at..at + width].iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte))
        };
        let (mut at, mut members) = (number(bundle.len() - 6, 4), Vec::new());
        while bundle[at..].starts_with(b"PK\x01\x02") {
            let (packed, name, start) = (number(at + 20, 4), number(at + 28, 2), number(at + 42, 4) + 30);
            let data = &bundle[start + name..][..packed];
            let mut content = Vec::new();
            if number(at + 10, 2) == 8 {
                flate2::read::DeflateDecoder::new(data).read_to_end(&mut content).expect("a DEFLATE stream");
            } else {
                content.extend(data);
            }
            members.push((String::from_utf8(bundle[at + 46..][..name].to_vec()).expect("a name"), content));
            at += 46 + name;
        }
        Self(members)
    }

    pub(crate) fn get(&self, name: &str) -> &[u8] {
        &self.0.iter().find(|(known, _)| known == name).expect(name).1
    }

    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.get(name).to_vec()).expect("text")
    }

    pub(crate) fn lines(&self, name: &str) -> Vec<String> {
        self.text(name).lines().map(str::to_owned).collect()
    }

    pub(crate) fn set(&mut self, name: &str, content: impl Into<Vec<u8>>) {
        self.0.iter_mut().find(|(known, _)| known == name).expect(name).1 = content.into();
    }

    pub(crate) fn set_lines(&mut self, name: &str, lines: &[String]) {
        self.set(name, lines.iter().flat_map(|line| [line, "\n"]).collect::<String>());
    }

    /// Changes the lines of a member.
    pub(crate) fn edit(&mut self, name: &str, edit: impl FnOnce(&mut Vec<String>)) {
        let mut lines = self.lines(name);
        edit(&mut lines);
        self.set_lines(name, &lines);
    }

    pub(crate) fn manifest(&self) -> Value {
        serde_json::from_slice(self.get("manifest.json")).expect("JSON")
    }

    pub(crate) fn set_manifest(&mut self, manifest: &Value) {
        self.set("manifest.json", manifest.to_string());
    }

    /// Puts the parts together with a manifest that fits them, as somebody would who knows the format.
    pub(crate) fn zip(&self) -> Vec<u8> {
        let mut parts = self.clone();
        let mut manifest = self.manifest();
        let mut files = json!({});
        for (name, content) in self.0.iter().filter(|(name, _)| !["README", "manifest.json"].contains(&name.as_str())) {
            let digest = STANDARD.encode(sha256(content));
            files[name] = json!({"bytes": content.len(), "packed": digest, "sha256": digest});
        }
        manifest["files"] = files;
        manifest["entries"] = json!(self.lines("events.jsonl").len());
        manifest.as_object_mut().expect("an object").remove("sha256");
        let bare = ledger::canonical::to_string(&manifest).expect("canonical");
        manifest["sha256"] = json!(STANDARD.encode(sha256(bare.as_bytes())));
        parts.set("manifest.json", ledger::canonical::to_string(&manifest).expect("canonical"));
        zip(&parts.0)
    }

    /// The same, with the helping hashes of the leaves as they are now.
    pub(crate) fn zip_with_sums(mut self) -> Vec<u8> {
        let sum = |line: &String| {
            let [a, b, c, d, ..] = ledger::leaf_hash(line.as_bytes());
            format!("{:08x}", u32::from_be_bytes([a, b, c, d]))
        };
        let sums: Vec<String> = self.lines("events.jsonl").iter().map(sum).collect();
        self.set_lines("events.sums", &sums);
        self.zip()
    }
}

/// An archive of stored members.
pub(crate) fn zip(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in members {
        let size = u32::try_from(content.len()).expect("small").to_le_bytes();
        let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
        common.extend(crc32fast::hash(content).to_le_bytes());
        common.extend([size, size].concat());
        common.extend(u16::try_from(name.len()).expect("short").to_le_bytes());
        common.extend([0, 0]);
        directory.extend([b"PK\x01\x02\x14\0", &common[..], &[0; 10]].concat());
        directory.extend(u32::try_from(archive.len()).expect("small").to_le_bytes());
        directory.extend(name.as_bytes());
        archive.extend([b"PK\x03\x04", &common[..], name.as_bytes(), content].concat());
    }
    let count = u16::try_from(members.len()).expect("few").to_le_bytes();
    let end = [&b"PK\x05\x06\0\0\0\0"[..], &count, &count].concat();
    let sizes = [directory.len(), archive.len()].map(|size| u32::try_from(size).expect("small").to_le_bytes());
    [&archive[..], &directory, &end, &sizes.concat(), &[0, 0]].concat()
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref().try_into().expect("32 bytes")
}
