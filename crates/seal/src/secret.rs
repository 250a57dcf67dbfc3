//! The wrapper that keeps a secret out of logs and wipes it when it goes.

use std::fmt;

use zeroize::Zeroize;

/// A value that nobody may see by accident.
///
/// It has no `Display` and no `Serialize`, its `Debug` tells nothing, and its memory is wiped on drop. [`expose`] is
/// the one way to the value: reviewers search for it.
///
/// A `String` or `Vec` that grew before it came here left copies behind in freed memory; build it at its final size
/// where that matters.
///
/// [`expose`]: Secret::expose
#[derive(Clone)]
pub struct Secret<T: Zeroize>(T);

/// A secret of arbitrary bytes.
pub type SecretBytes = Secret<Vec<u8>>;

/// A secret text.
pub type SecretString = Secret<String>;

impl<T: Zeroize> Secret<T> {
    /// Takes charge of `value`.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself, for the moment that it is needed.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl SecretBytes {
    /// These bytes as text, or nothing if they are not UTF-8. No copy is made.
    pub fn into_text(mut self) -> Option<SecretString> {
        match String::from_utf8(std::mem::take(&mut self.0)) {
            Ok(text) => Some(Secret(text)),
            Err(error) => {
                error.into_bytes().zeroize();
                None
            }
        }
    }
}

impl SecretString {
    /// The UTF-8 bytes of this text. No copy is made.
    pub fn into_bytes(mut self) -> SecretBytes {
        Secret(std::mem::take(&mut self.0).into_bytes())
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl From<&str> for SecretString {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn debug_tells_nothing_even_in_its_long_form() {
        let secret = SecretString::from("hunter2");
        assert_eq!(format!("{secret:?} {secret:#?} {:?}", Some(&secret)), "[secret] [secret] Some([secret])");
    }

    #[test]
    fn a_dropped_secret_was_wiped() {
        struct Watched(Arc<AtomicBool>);
        impl Zeroize for Watched {
            fn zeroize(&mut self) {
                self.0.store(true, Ordering::SeqCst);
            }
        }
        let wiped = Arc::new(AtomicBool::new(false));
        drop(Secret::new(Watched(Arc::clone(&wiped))));
        assert!(wiped.load(Ordering::SeqCst));
    }

    #[test]
    fn bytes_become_text_only_if_they_are_text() {
        let text = SecretBytes::new("naïve".into()).into_text().unwrap();
        assert_eq!(text.expose(), "naïve");
        assert_eq!(text.into_bytes().expose(), "naïve".as_bytes());
        assert!(SecretBytes::new(vec![0xff]).into_text().is_none());
    }
}
