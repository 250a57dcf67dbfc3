//! Encrypting and decrypting.

use std::convert::Infallible;
use std::fmt::Write as _;

use crate::edit::{EditError, decrypt_secrets, encrypt_secrets};

fn rotate(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| byte.wrapping_add(128)).collect()
}

fn encrypted(source: &str) -> String {
    encrypt_secrets(source, |text| Ok::<_, Infallible>(rotate(text.as_bytes()))).expect("an edit of this test")
}

fn decrypted(source: &str) -> String {
    let decrypt = |payload: &[u8]| String::from_utf8(rotate(payload));
    decrypt_secrets(source, |_, payload| decrypt(payload)).expect("an edit of this test")
}

const PLAIN: &str = "# head

values: # on values
  a:   { x : 1,y: [1,2 , 3] } # odd spacing stays

  b: {fn::secret: hunter2} # flow
  c:
    fn::secret: \"quo\\nted\" # quoted
  d:
    fn::secret: | # header
      multi
      line

  # between
  e:
  - fn::secret: 12345
  - fn::secret: '12345'
  - [ { fn::secret : plain text, } ]
  f:
    fn::secret: # above
      on its own line
  g:
    fn::secret: several
      lines of
      text
other: {\"fn::secret\":everywhere}
";

#[test]
fn encrypting_touches_nothing_but_the_secrets() {
    insta::assert_snapshot!(encrypted(PLAIN), @r#"
    # head

    values: # on values
      a:   { x : 1,y: [1,2 , 3] } # odd spacing stays

      b: {fn::secret: {ciphertext: ZXNjeAAAAAHo9e705fKyKo30VQ==}} # flow
      c:
        fn::secret:
          ciphertext: ZXNjeAAAAAHx9e+K9OXk9CRqRw== # quoted
      d:
        fn::secret:
          ciphertext: ZXNjeAAAAAHt9ez06Yrs6e7liuTwWmk= # header

      # between
      e:
      - fn::secret: 12345
      - fn::secret:
          ciphertext: ZXNjeAAAAAGxsrO0tc7uUXg=
      - [ { fn::secret : {ciphertext: ZXNjeAAAAAHw7OHp7qD05fj0wisQoQ==}, } ]
      f:
        fn::secret: # above
          ciphertext: ZXNjeAAAAAHv7qDp9POg7/fuoOzp7uUpFmQ2
      g:
        fn::secret:
          ciphertext: ZXNjeAAAAAHz5fbl8uHsoOzp7uXzoO/moPTl+PQMifoS
    other: {"fn::secret":{ciphertext: ZXNjeAAAAAHl9uXy+ffo5fLlxaFViw==}}
    "#);
}

#[test]
fn decrypting_gives_a_readable_text_back() {
    insta::assert_snapshot!(decrypted(&encrypted(PLAIN)), @r#"
    # head

    values: # on values
      a:   { x : 1,y: [1,2 , 3] } # odd spacing stays

      b: {fn::secret: hunter2} # flow
      c:
        fn::secret: "quo\nted" # quoted
      d:
        fn::secret: "multi\nline\n" # header

      # between
      e:
      - fn::secret: 12345
      - fn::secret: '12345'
      - [ { fn::secret : plain text, } ]
      f:
        fn::secret: # above
          on its own line
      g:
        fn::secret: several lines of text
    other: {"fn::secret":{ciphertext: ZXNjeAAAAAHl9uXy+ffo5fLlxaFViw==}}
    "#);
}

#[test]
fn what_is_encrypted_stays_the_same_when_decrypted_and_encrypted_again() {
    let once = encrypted(PLAIN);
    assert_eq!(encrypted(&decrypted(&once)), once);
    assert_eq!(encrypted(&once), once);
}

#[test]
fn a_block_no_deeper_than_its_key_makes_way_for_something_deeper() {
    assert_eq!(
        encrypted("fn::secret: # above\n|- # header\n x\n"),
        "fn::secret: # above\n  ciphertext: ZXNjeAAAAAH4JXDUjQ== # header\n"
    );
    assert_eq!(
        encrypted("b:\n  fn::secret:\n  >-\n   y\n"),
        "b:\n  fn::secret:\n    ciphertext: ZXNjeAAAAAH5UnfkGw==\n"
    );
}

#[test]
fn line_breaks_and_a_byte_order_mark_stay_as_they_are() {
    let source = "\u{FEFF}values:\r\n  é:\r\n    fn::secret: x\r\n  b: 1\r\n";
    let expected = "\u{FEFF}values:\r\n  é:\r\n    fn::secret:\r\n      ciphertext: ZXNjeAAAAAH4JXDUjQ==\r\n  b: 1\r\n";
    assert_eq!(encrypted(source), expected);
}

#[test]
fn a_text_without_a_final_line_break_gets_none() {
    let source = "values: {a: {fn::secret: x}}";
    assert_eq!(encrypted(source), "values: {a: {fn::secret: {ciphertext: ZXNjeAAAAAH4JXDUjQ==}}}");
    assert_eq!(encrypted("fn::secret: |\n  x"), "fn::secret:\n  ciphertext: ZXNjeAAAAAH4JXDUjQ==");
}

#[test]
fn a_plaintext_is_quoted_as_far_as_it_needs() {
    let texts = [
        "true",
        "null",
        " lead",
        "a: b",
        "it's",
        "back\\slash",
        "key:",
        "a:b5",
        "1e10",
        "${a.b}",
        ",x y",
        "",
        "tab\there",
        "a\n\nb\n",
        "two\n\n",
        "trail ",
        "-x",
        "yes",
        "a #b",
        "...",
        "\u{85}",
        "世界",
        "2001-01-01",
    ];
    let mut shown = String::new();
    for text in texts {
        let source = "values:\n  a:\n    fn::secret: {ciphertext: ZXNjeAAAAAHo9e705fKyKo30VQ==}\n  \
                      b: [{fn::secret: {ciphertext: ZXNjeAAAAAHo9e705fKyKo30VQ==}}]\n";
        let plain = decrypt_secrets(source, |_, _| Ok::<_, Infallible>(text.to_owned())).expect("an edit of this test");
        let mut read = Vec::new();
        encrypt_secrets(&plain, |text| {
            read.push(text.to_owned());
            Ok::<_, Infallible>(b"payload".to_vec())
        })
        .expect("an edit of this test");
        assert_eq!(read, [text, text]);
        let (block, flow) = plain.split_once("  b: ").expect("as above");
        let block = block.strip_prefix("values:\n  a:\n    fn::secret: ").expect("as above");
        let _ = write!(shown, "{block:?} {flow}");
    }
    insta::assert_snapshot!(shown, @r#"
    "'true'\n" [{fn::secret: 'true'}]
    "'null'\n" [{fn::secret: 'null'}]
    "' lead'\n" [{fn::secret: ' lead'}]
    "'a: b'\n" [{fn::secret: 'a: b'}]
    "it's\n" [{fn::secret: it's}]
    "back\\slash\n" [{fn::secret: back\slash}]
    "'key:'\n" [{fn::secret: 'key:'}]
    "a:b5\n" [{fn::secret: 'a:b5'}]
    "'1e10'\n" [{fn::secret: '1e10'}]
    "${a.b}\n" [{fn::secret: '${a.b}'}]
    "',x y'\n" [{fn::secret: ',x y'}]
    "\"\"\n" [{fn::secret: ""}]
    "\"tab\\there\"\n" [{fn::secret: "tab\there"}]
    "|\n      a\n\n      b\n" [{fn::secret: "a\n\nb\n"}]
    "\"two\\n\\n\"\n" [{fn::secret: "two\n\n"}]
    "'trail '\n" [{fn::secret: 'trail '}]
    "'-x'\n" [{fn::secret: '-x'}]
    "'yes'\n" [{fn::secret: 'yes'}]
    "'a #b'\n" [{fn::secret: 'a #b'}]
    "'...'\n" [{fn::secret: '...'}]
    "\"\\x85\"\n" [{fn::secret: "\x85"}]
    "世界\n" [{fn::secret: 世界}]
    "2001-01-01\n" [{fn::secret: 2001-01-01}]
    "#);
}

#[test]
fn only_what_is_under_values_is_decrypted() {
    let source = "other:\n  fn::secret: {ciphertext: nonsense}\n";
    assert_eq!(decrypted(source), source);
    let root = "fn::secret: {ciphertext: nonsense}\n";
    assert_eq!(decrypted(root), root);
}

#[test]
fn an_error_says_where_and_changes_nothing() {
    let source = "values:\n  a: {fn::secret: {ciphertext: nonsense}}\n";
    let error = decrypt_secrets(source, |_, _| Ok::<_, Infallible>(String::new())).expect_err("broken");
    assert!(matches!(error, EditError::Envelope { path, .. } if path == "values.a"));
    let error = encrypt_secrets("values: [", |_| Ok::<_, Infallible>(Vec::new())).expect_err("broken");
    assert!(matches!(error, EditError::Parse(_)));
    let error = encrypt_secrets("values: {b: {fn::secret: x}}", |_| Err("no key")).expect_err("no key");
    assert!(matches!(error, EditError::Cipher { path, source: "no key" } if path == "values.b"));
}

#[test]
fn what_is_no_secret_call_is_left_alone() {
    let source =
        "values:\n  a: {fn::secret: 1}\n  b: {fn::secret: x, other: y}\n  c: {fn::secret: [x]}\n  d: {fn::Secret: x}\n";
    assert_eq!(encrypted(source), source);
}
