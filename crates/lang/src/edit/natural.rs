//! The order that people expect of names with numbers in them: `a9` before `a10`.

use std::cmp::Ordering;

/// Compares two keys as the reference's YAML writer sorts them.
pub(super) fn compare(left: &str, right: &str) -> Ordering {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let Some(at) = left.iter().zip(&right).position(|(left, right)| left != right) else {
        return left.len().cmp(&right.len());
    };
    let is_after_digit = at > 0 && left[at - 1].is_ascii_digit();
    match (left[at].is_alphabetic(), right[at].is_alphabetic()) {
        (true, true) => left[at].cmp(&right[at]),
        // A letter ends a number, so the number is the smaller one. Elsewhere letters come last.
        (true, false) if is_after_digit => Ordering::Less,
        (false, true) if is_after_digit => Ordering::Greater,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => {
            let (one, other) = (number_around(&left, at), number_around(&right, at));
            compare_numbers(one, other).then(one.len().cmp(&other.len())).then(left[at].cmp(&right[at]))
        }
    }
}

/// The digits that reach up to or across a place.
fn number_around(text: &[char], at: usize) -> &[char] {
    let start = text[..at].iter().rposition(|character| !character.is_ascii_digit()).map_or(0, |before| before + 1);
    let length = text[start..].iter().take_while(|character| character.is_ascii_digit()).count();
    &text[start..start + length]
}

fn compare_numbers(left: &[char], right: &[char]) -> Ordering {
    let significant = |digits: &[char]| digits.iter().position(|&digit| digit != '0').unwrap_or(digits.len());
    let (left, right) = (&left[significant(left)..], &right[significant(right)..]);
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_count() {
        let mut keys = ["arr", "a10", "a9", "a.b", "Z", "10", "9", "a", "", "a01", "a1", "a1x", "b", "a1-"];
        keys.sort_by(|left, right| compare(left, right));
        assert_eq!(keys, ["", "9", "10", "Z", "a", "a.b", "a1", "a1x", "a1-", "a01", "a9", "a10", "arr", "b"]);
    }

    #[test]
    fn the_order_is_total() {
        let letters = ["a", "b", "0", "1", "10", "-", "é", "2", "00"];
        let mut keys: Vec<String> = Vec::new();
        for one in letters {
            for two in letters {
                for three in ["", "a", "0", "-", "5"] {
                    keys.push(format!("{one}{two}{three}"));
                }
            }
        }
        keys.sort_by(|left, right| compare(left, right));
        for (index, low) in keys.iter().enumerate() {
            for high in &keys[index..] {
                assert_ne!(compare(low, high), Ordering::Greater, "{low} {high}");
                assert_eq!(compare(low, high), compare(high, low).reverse());
            }
        }
    }
}
