//! What the fuzz targets share: the laws that the tests of the language and of the log keep too, and how a panic is reported.

#[path = "../../crates/lang/tests/it/laws.rs"]
mod laws;
#[path = "../../crates/ledger/tests/it/laws/mod.rs"]
mod laws_of_log;
#[path = "../../crates/ledger/tests/it/parts.rs"]
#[expect(dead_code, reason = "the tests of the log change more in a bundle")]
mod parts;

use std::panic::PanicHookInfo;

/// Lets a panic that the language expects, and catches, pass: the YAML parser's at a tag that a comma follows. Every
/// other one is a finding, even if it is caught.
pub fn prepare() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic: &PanicHookInfo| {
        let is_expected = panic.payload_as_str().is_some_and(|text| text.ends_with("What is expected here?"));
        if !is_expected {
            report(panic);
        }
    }));
}

/// Panics if the bytes break the law of this name.
///
/// # Panics
///
/// That is what it is for.
pub fn uphold(name: &str, data: &[u8]) {
    let mut all = laws::LAWS.iter().chain(&laws_of_log::LAWS);
    let (_, law) = all.find(|(law, _)| *law == name).expect("every target has a law");
    law(data);
}
