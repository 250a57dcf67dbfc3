//! The console's static files, embedded and addressed by their content.
//!
//! A file's URL holds a hash of its bytes, so it may be cached for ever: a new
//! version of the program names a new URL.

use std::sync::LazyLock;

/// `Cache-Control` for a file found by [`find`].
pub const CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

/// One embedded file.
#[derive(Debug)]
pub struct Asset {
    /// Its name in `static/`, or in the documents.
    pub name: &'static str,
    /// Its path on this server, such as `/static/console.0f3c….css`.
    pub url: String,
    /// Its `Content-Type`.
    pub content_type: &'static str,
    /// Its `ETag`, quotes included.
    pub etag: String,
    /// Its bytes.
    pub bytes: &'static [u8],
}

static ASSETS: LazyLock<[Asset; 5]> = LazyLock::new(|| {
    [
        Asset::new("console.css", "text/css; charset=utf-8", include_bytes!("../../static/console.css")),
        Asset::new("console.js", "text/javascript; charset=utf-8", include_bytes!("../../static/console.js")),
        Asset::new("mark.svg", "image/svg+xml", include_bytes!("../../static/mark.svg")),
        Asset::new("person.svg", "image/svg+xml", include_bytes!("../../static/person.svg")),
        Asset::new("log-format.md", "text/plain; charset=utf-8", include_bytes!("../../../../docs/log-format.md")),
    ]
});

/// Every embedded file.
pub fn all() -> &'static [Asset] {
    &*ASSETS
}

/// The file served at `/static/{file}`, if its hash is the current one.
pub fn find(file: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.url.strip_prefix("/static/") == Some(file))
}

/// The URL of the stylesheet.
pub fn stylesheet() -> &'static str {
    &ASSETS[0].url
}

/// The URL of the script.
pub fn script() -> &'static str {
    &ASSETS[1].url
}

/// The URL of the mark that browsers show beside the title.
pub fn mark() -> &'static str {
    &ASSETS[2].url
}

/// The URL of the picture of nobody in particular.
pub fn person() -> &'static str {
    &ASSETS[3].url
}

/// The URL of the format of the log: whoever checks one elsewhere needs it where there is no other way to it.
pub fn log_format() -> &'static str {
    &ASSETS[4].url
}

impl Asset {
    fn new(name: &'static str, content_type: &'static str, bytes: &'static [u8]) -> Self {
        let hash = fnv1a(bytes);
        let (stem, extension) = name.rsplit_once('.').expect("every embedded file has an extension");
        Self {
            name,
            url: format!("/static/{stem}.{hash:016x}.{extension}"),
            content_type,
            etag: format!("\"{hash:016x}\""),
            bytes,
        }
    }
}

/// FNV-1a: it tells versions of our own files apart and guards nothing.
pub(super) fn fnv1a(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in bytes {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::super::avatar::tests::contrast;
    use super::*;

    #[test]
    fn every_file_is_found_by_its_own_url_only() {
        for asset in all() {
            let file = asset.url.strip_prefix("/static/").expect("assets live under /static/");
            assert_eq!(find(file).map(|found| found.name), Some(asset.name));
            assert!(find(asset.name).is_none(), "{} is served without a hash", asset.name);
        }
        assert!(find("../lib.rs").is_none());
        assert!(find("").is_none());
    }

    #[test]
    fn named_urls_lead_to_the_files_they_name() {
        assert!(stylesheet().starts_with("/static/console.") && stylesheet().contains(".css"));
        assert!(script().starts_with("/static/console.") && script().contains(".js"));
        assert!(mark().starts_with("/static/mark."));
        assert!(person().starts_with("/static/person."));
        assert!(log_format().starts_with("/static/log-format."));
    }

    #[test]
    fn words_read_on_every_ground_in_light_and_dark() {
        let sheet = include_str!("../../static/console.css");
        let mut schemes = sheet.split(":root {").skip(1);
        for scheme in ["light", "dark"] {
            let block = schemes.next().and_then(|rest| rest.split('}').next()).expect("a block of colours");
            let colour = |name: &str| {
                let rest = block.split_once(&format!("--{name}: ")).expect("a colour of that name").1;
                rest.split(';').next().expect("a declaration ends")
            };
            let pairs = [
                ("ink", ["paper", "sheet", "raised", "hover", "accent-wash", "bad-wash", "warn-wash"].as_slice(), 4.5),
                ("ink-soft", &["paper", "sheet", "raised", "hover", "accent-wash"], 4.5),
                ("ink-faint", &["paper", "sheet", "raised", "hover"], 4.5),
                ("accent", &["paper", "sheet", "raised"], 4.5),
                ("accent-strong", &["paper", "sheet", "accent-wash"], 4.5),
                ("on-accent", &["accent", "accent-strong"], 4.5),
                ("bad", &["bad-wash", "sheet"], 4.5),
                ("warn", &["warn-wash", "sheet"], 4.5),
                ("good", &["sheet", "hover"], 3.0),
                ("edge", &["sheet", "paper"], 3.0),
            ];
            for (front, grounds, least) in pairs {
                for ground in grounds {
                    let ratio = contrast(colour(front), colour(ground));
                    assert!(ratio >= least, "{scheme}: --{front} on --{ground} has a contrast of {ratio:.2}");
                }
            }
        }
    }

    #[test]
    fn the_hash_is_fnv_1a() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
