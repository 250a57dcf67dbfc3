//! The laws hold for texts made of the pieces of definitions.

use proptest::prelude::*;

use crate::laws::LAWS;

/// Pieces that meet in definitions, in every wrong order too.
const PIECES: &[&str] = &[
    "values:\n",
    "imports:\n",
    "  ",
    "    ",
    "\n",
    "\r\n",
    "\t",
    "a",
    "b: ",
    "- ",
    "? ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    ",",
    "\"",
    "'",
    "|\n",
    ">-\n",
    "|+\n",
    "&x ",
    "*x",
    "!!int ",
    "!t",
    "!",
    "%41",
    "# c\n",
    "${",
    "}",
    "$$",
    "a.b",
    "[0]",
    "[\"k\"]",
    "fn::secret: ",
    "fn::join: ",
    "fn::toJSON: ",
    "fn::fromJSON: ",
    "fn::final: ",
    "fn::concat: ",
    "fn::validate: ",
    "ciphertext: ",
    "ZXNjeAAAAAHo9e705fKyKo30VQ==",
    "1",
    "0x1f",
    "null",
    "true",
    "---\n",
    "...\n",
    "\u{feff}",
    "é",
    "世",
    "\u{85}",
    "\\",
    "\\x",
    "imports.",
    "environments.p.e.",
    "context.",
    "${a}",
    "${b.c}",
    "~",
    "fn::open::x: ",
    "fn::rotate: ",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::collection::vec(proptest::sample::select(PIECES), 0..40).prop_map(|pieces| pieces.concat()),
        proptest::collection::vec(proptest::sample::select(PIECES), 0..12)
            .prop_map(|pieces| format!("values:\n  a: {}\n  b: x\n", pieces.concat())),
        any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_keeps_every_law(source in text()) {
        for (_, law) in LAWS {
            law(source.as_bytes());
        }
    }
}
