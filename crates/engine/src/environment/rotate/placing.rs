//! Where new states go: into the newest definition, which may be another one than was rotated.
//!
//! A state belongs to what its rotator was told. Where the newest definition has the same rotator in its place, told the
//! same, that takes the state. Where it has not, the state is kept in a revision of its own: the definition as it was
//! rotated, with all new states. The newest definition follows on it as it is.

use lang::{Patch, PropertyPath, Step};

/// A definition with new states in it.
pub(super) struct Placed {
    /// The newest definition, with the states that have a place there.
    pub(super) newest: String,
    /// The definition that was rotated, with all states; none if each of them has a place in the newest.
    pub(super) rotated: Option<String>,
    /// Whether each state has a place in the newest.
    pub(super) fits: Vec<bool>,
}

/// Puts new states where they belong. None if one cannot even be put where it came from.
pub(super) fn place(newest: &str, rotated: &str, patches: &[&Patch]) -> Option<Placed> {
    let mut placed = Placed { newest: newest.to_owned(), rotated: None, fits: Vec::with_capacity(patches.len()) };
    for patch in patches {
        let told = told(rotated, patch);
        let put = Some(&placed.newest).filter(|newest| told.is_some() && self::told(newest, patch) == told);
        let put = put.and_then(|newest| put_state(newest, patch));
        placed.fits.push(put.is_some());
        placed.newest = put.unwrap_or(placed.newest);
    }
    if placed.fits.contains(&false) {
        let all = patches.iter().try_fold(rotated.to_owned(), |text, patch| put_state(&text, patch));
        placed.rotated = Some(all?);
    }
    Some(placed)
}

fn put_state(definition: &str, patch: &Patch) -> Option<String> {
    lang::apply_patches(definition, std::slice::from_ref(patch)).ok()
}

/// What stands around a state: the rotator's name and inputs, as they are written. Its short name is a key on the path.
/// None if no rotator can be found there.
fn told(definition: &str, patch: &Patch) -> Option<[Option<String>; 2]> {
    let (_, call) = patch.path.steps().split_last()?;
    let part = |key: Option<&str>| {
        let steps = call.iter().cloned().chain(key.map(|key| Step::Key(key.into())));
        lang::edit::get(definition, &PropertyPath::from(steps.collect::<Vec<_>>())).ok()
    };
    part(None)??;
    Some([part(Some("provider"))?, part(Some("inputs"))?])
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use lang::{Patch, PropertyPath, Value, ValueKind};

    use super::place;

    const ROTATED: &str = "values:
  logins:
  - fn::rotate::external: {inputs: {url: https://one}}
  - fn::rotate: {provider: external, inputs: {url: https://two}}
";

    /// New states of both rotators.
    fn patches() -> [Patch; 2] {
        let paths = ["values.logins[0][\"fn::rotate::external\"].state", "values.logins[1][\"fn::rotate\"].state"];
        paths.map(|path| Patch {
            path: PropertyPath::parse(path).unwrap(),
            replacement: Arc::new(Value::new(ValueKind::String("new".into()))),
        })
    }

    fn placed(newest: &str) -> (Vec<bool>, String, Option<String>) {
        let patches = patches();
        let placed = place(newest, ROTATED, &patches.iter().collect::<Vec<_>>()).unwrap();
        (placed.fits, placed.newest, placed.rotated)
    }

    #[test]
    fn a_state_goes_where_its_rotator_is_still_told_the_same() {
        let (fits, newest, rotated) = placed(&format!("{ROTATED}  more: 1\n"));
        assert_eq!((fits, rotated), (vec![true, true], None));
        assert_eq!(newest.matches("state: new").count(), 2);
    }

    #[test]
    fn a_state_whose_rotator_moved_or_is_told_something_else_is_kept_beside_the_newest_definition() {
        let inserted =
            ROTATED.replace("logins:\n", "logins:\n  - fn::rotate::external: {inputs: {url: https://new}}\n");
        let renamed = ROTATED.replace("provider: external", "provider: other").replace("//one", "//three");
        for newest in [&inserted, &renamed, "values: {}\n", ""] {
            let (fits, left, rotated) = placed(newest);
            assert_eq!((fits, &*left), (vec![false, false], newest));
            assert_eq!(rotated.unwrap().matches("state: new").count(), 2);
        }
        let (fits, newest, rotated) = placed(&ROTATED.replace("//two", "//three"));
        assert_eq!(fits, [true, false]);
        assert_eq!((newest.matches("state: new").count(), rotated.unwrap().matches("state: new").count()), (1, 2));
    }
}
