//! Pictures of people and services, drawn from their names and never fetched.

use std::fmt::Write as _;

use super::assets::fnv1a;

/// A background and the ink that reads on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pair {
    ground: &'static str,
    ink: &'static str,
}

/// Named after pigments. A test holds every pair to a contrast of 4.5 or more.
const PAIRS: [Pair; 14] = [
    Pair { ground: "#0b6e63", ink: "#ffffff" }, // verdigris
    Pair { ground: "#2f5d8a", ink: "#ffffff" }, // azurite
    Pair { ground: "#4a4e9b", ink: "#ffffff" }, // ultramarine
    Pair { ground: "#6d4790", ink: "#ffffff" }, // folium
    Pair { ground: "#8e3f78", ink: "#ffffff" }, // orchil
    Pair { ground: "#a23b52", ink: "#ffffff" }, // madder
    Pair { ground: "#a8452b", ink: "#ffffff" }, // minium
    Pair { ground: "#865410", ink: "#ffffff" }, // ochre
    Pair { ground: "#5f6417", ink: "#ffffff" }, // sap green
    Pair { ground: "#35703b", ink: "#ffffff" }, // malachite
    Pair { ground: "#4d5f6b", ink: "#ffffff" }, // slate
    Pair { ground: "#f0d28a", ink: "#4a3403" }, // orpiment
    Pair { ground: "#b9dccf", ink: "#12453c" }, // celadon
    Pair { ground: "#d9d0ee", ink: "#3b2a66" }, // lavender
];

/// A round picture with up to two initials of `name`, or of `login` where the
/// name has none, in colours that depend on the login alone.
///
/// A name without a letter or digit gives an [`identicon`].
pub fn svg(login: &str, name: &str) -> String {
    let initials = initials(name).or_else(|| initials(login));
    let Some(initials) = initials else {
        return identicon(login);
    };
    let Pair { ground, ink } = pair(login);
    let size = if initials.chars().count() > 1 { 15 } else { 18 };
    let text = escape(&initials);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 40 40\" width=\"40\" height=\"40\">\
         <circle cx=\"20\" cy=\"20\" r=\"20\" fill=\"{ground}\"/>\
         <text x=\"20\" y=\"20\" dy=\".36em\" fill=\"{ink}\" font-family=\"system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif\" \
         font-size=\"{size}\" font-weight=\"600\" text-anchor=\"middle\">{text}</text></svg>\n"
    )
}

/// A square picture of five by five mirrored cells, for services and for
/// whatever else has no name. Its shape sets it apart from people.
pub fn identicon(login: &str) -> String {
    let Pair { ground, ink } = pair(login);
    let bits = mix(fnv1a(login.as_bytes()));
    let mut cells = String::new();
    for row in 0..5_u32 {
        for column in 0..3_u32 {
            // The middle cell is always set, so that no picture is empty.
            if bits >> (row * 3 + column) & 1 == 0 && (row, column) != (2, 2) {
                continue;
            }
            for x in [column, 4 - column] {
                let (left, top) = (7.5 + f64::from(x) * 5.0, 7.5 + f64::from(row) * 5.0);
                write!(cells, "M{left} {top}h5v5h-5z").expect("writing to a string does not fail");
                if column == 2 {
                    break;
                }
            }
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 40 40\" width=\"40\" height=\"40\">\
         <rect width=\"40\" height=\"40\" rx=\"9\" fill=\"{ground}\"/>\
         <path d=\"{cells}\" fill=\"{ink}\" shape-rendering=\"crispEdges\"/></svg>\n"
    )
}

fn pair(login: &str) -> Pair {
    let index = mix(fnv1a(login.as_bytes())) >> 32;
    PAIRS[usize::try_from(index % PAIRS.len() as u64).expect("the remainder is smaller than the list")]
}

/// Spreads a hash of few bytes over all bits.
fn mix(mut hash: u64) -> u64 {
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

/// The first letters of the first and the last word that have one.
fn initials(name: &str) -> Option<String> {
    let mut words = name
        .split(|character: char| character.is_whitespace() || matches!(character, '-' | '_' | '.' | '@' | '+'))
        .filter_map(|word| word.chars().find(|character| character.is_alphanumeric()));
    let first = words.next()?;
    let last = words.next_back();
    Some([Some(first), last].into_iter().flatten().map(capital).collect())
}

/// One capital: where a letter's upper case takes several characters, the
/// letter stays as it is.
fn capital(character: char) -> char {
    let mut upper = character.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(single), None) => single,
        _ => character,
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    #[test]
    fn initials_come_from_the_first_and_last_word_of_the_name_then_from_the_login() {
        let drawn = |login: &str, name: &str| {
            let picture = svg(login, name);
            let text = picture.split_once("</text>").map(|(before, _)| before.rsplit('>').next().map(str::to_owned));
            text.flatten()
        };
        assert_eq!(drawn("ada", "Ada Park").as_deref(), Some("AP"));
        assert_eq!(drawn("ada", "ada maria de la park").as_deref(), Some("AP"));
        assert_eq!(drawn("ada", "Ada").as_deref(), Some("A"));
        assert_eq!(drawn("ci-deploy", "").as_deref(), Some("CD"));
        assert_eq!(drawn("émile", "  ").as_deref(), Some("É"));
        assert_eq!(drawn("x", "山田 太郎").as_deref(), Some("山太"));
        assert_eq!(drawn("x", "ßtraße").as_deref(), Some("ß"));
        assert_eq!(drawn("🦊", "🦊 🦊"), None);
    }

    #[test]
    fn a_picture_depends_on_nothing_but_login_and_name() {
        assert_eq!(svg("ada", "Ada Park"), svg("ada", "Ada Park"));
        assert_ne!(svg("ada", "Ada Park"), svg("ben", "Ada Park"));
        assert_ne!(identicon("ci"), identicon("cd"));
    }

    #[test]
    fn every_pair_of_colours_reads() {
        for Pair { ground, ink } in PAIRS {
            let ratio = contrast(ground, ink);
            assert!(ratio >= 4.5, "{ink} on {ground} has a contrast of {ratio:.2}");
        }
    }

    #[test]
    fn hostile_names_leave_the_picture_well_formed_and_small() {
        let long = "Zoë \u{202e}".repeat(2_000);
        let names = [
            "<script>alert(1)</script>",
            "\"><x onload=1>",
            "&amp;",
            "]]>",
            "\u{0}\u{1}",
            "\u{202e}kraP adA",
            "👩‍👩‍👧",
            &long,
            "",
        ];
        for login in names {
            for name in names {
                for picture in [svg(login, name), identicon(login)] {
                    assert!(picture.len() < 4_096);
                    assert!(!picture.contains("script") && !picture.contains("onload"));
                    assert_well_formed(&picture);
                }
            }
        }
    }

    /// Enough of XML for what is drawn here: tags match, attributes are
    /// quoted, and text holds neither markup nor control characters.
    fn assert_well_formed(picture: &str) {
        let mut open = Vec::new();
        let mut rest = picture.trim_end();
        while let Some(start) = rest.find('<') {
            let (text, tag) = rest.split_at(start);
            assert!(!text.contains('>') && !text.contains(char::is_control), "{picture}");
            assert!(text.split('&').skip(1).all(|entity| entity.contains(';')), "{picture}");
            let end = tag.find('>').expect("a tag ends");
            let body = &tag[1..end];
            assert!(!body.contains('<') && body.matches('"').count() % 2 == 0, "{picture}");
            if let Some(name) = body.strip_prefix('/') {
                assert_eq!(open.pop(), Some(name), "{picture}");
            } else if !body.ends_with('/') {
                open.push(body.split(' ').next().unwrap_or_default());
            }
            rest = &tag[end + 1..];
        }
        assert!(open.is_empty() && rest.is_empty(), "{picture}");
    }

    /// Contrast of two colours as WCAG 2.2 defines it.
    pub(in crate::console) fn contrast(one: &str, other: &str) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// Relative luminance as WCAG 2.2 defines it.
    fn luminance(colour: &str) -> f64 {
        let channel = |at: usize| {
            let value = u8::from_str_radix(&colour[at..at + 2], 16).expect("a colour is six hexadecimal digits");
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }
}
