//! Arithmetic on decimal text: exact where it fits, in floating point where it does not.

use std::cmp::Ordering;

/// A number as `mantissa × 10^exponent`.
struct Decimal {
    mantissa: i128,
    exponent: i32,
}

/// How two numbers compare; not at all if one is no number.
pub(crate) fn compare(left: &str, right: &str) -> Option<Ordering> {
    match aligned(left, right) {
        Some((left, right)) => Some(left.cmp(&right)),
        None => float(left)?.partial_cmp(&float(right)?),
    }
}

/// Whether a number is a whole multiple of another. Nothing is a multiple of zero but zero.
pub(crate) fn is_multiple(number: &str, factor: &str) -> bool {
    match aligned(number, factor) {
        Some((number, 0)) => number == 0,
        Some((number, factor)) => number % factor == 0,
        None => match (float(number), float(factor)) {
            (Some(number), Some(factor)) if number.is_finite() => (number / factor).fract() == 0.0,
            _ => false,
        },
    }
}

fn float(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// The mantissas of two numbers at the same exponent.
fn aligned(left: &str, right: &str) -> Option<(i128, i128)> {
    let (left, right) = (parse(left)?, parse(right)?);
    let exponent = left.exponent.min(right.exponent);
    let scale = |number: Decimal| {
        let shift = u32::try_from(number.exponent.checked_sub(exponent)?).ok()?;
        number.mantissa.checked_mul(10i128.checked_pow(shift)?)
    };
    Some((scale(left)?, scale(right)?))
}

fn parse(text: &str) -> Option<Decimal> {
    let (digits, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mantissa = format!("{whole}{fraction}").parse().ok()?;
    Some(Decimal { mantissa, exponent: exponent.checked_sub(i32::try_from(fraction.len()).ok()?)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_text_compares_by_value() {
        assert_eq!(compare("1.50", "15e-1"), Some(Ordering::Equal));
        assert_eq!(compare("-2", "1e300"), Some(Ordering::Less));
        assert_eq!(compare("NaN", "1"), None);
    }

    #[test]
    fn three_tenths_are_a_multiple_of_a_tenth() {
        assert!(is_multiple("0.3", "0.1"));
        assert!(!is_multiple("3", "2"));
        assert!(!is_multiple("3", "0"));
        assert!(!is_multiple("+Inf", "2"));
    }
}
