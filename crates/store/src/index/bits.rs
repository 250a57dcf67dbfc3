//! Which entries of a block have something, in few bytes.
//!
//! Three forms, of which the shortest is taken: the distances between them, the runs of them, or a bit for each entry
//! of the block.

/// How the rest is to be read.
const DISTANCES: u8 = 0;
const RUNS: u8 = 1;
const EACH: u8 = 2;

/// Packs places in a block, which are sorted and not repeated.
pub(super) fn pack(places: &[u16], width: u64) -> Vec<u8> {
    let bitmap = usize::try_from(width / 8).expect("a block is small");
    let mut packed = Vec::with_capacity(places.len() + 1);
    packed.push(DISTANCES);
    let mut next = 0;
    for place in places.iter().map(|place| u64::from(*place)) {
        put(&mut packed, place - next);
        next = place + 1;
    }
    let mut runs = vec![RUNS];
    next = 0;
    for run in places.chunk_by(|one, other| one + 1 == *other) {
        let (first, length) = (u64::from(run[0]), run.len() as u64);
        put(&mut runs, first - next);
        put(&mut runs, length - 1);
        next = first + length;
    }
    if runs.len() < packed.len() {
        packed = runs;
    }
    if packed.len() > bitmap {
        packed.clear();
        packed.push(EACH);
        packed.resize(bitmap + 1, 0);
        for place in places {
            packed[1 + usize::from(place / 8)] |= 1 << (place % 8);
        }
    }
    packed
}

/// Gives each run of places that was packed, as the first one and how many. `None` if that was no block of this width.
pub(super) fn unpack(packed: &[u8], width: u64, mut take: impl FnMut(u64, u64)) -> Option<()> {
    let (form, mut rest) = packed.split_first()?;
    let mut next = 0;
    match *form {
        EACH => {
            if rest.len() as u64 * 8 != width {
                return None;
            }
            for (byte, at) in rest.iter().zip((0..).step_by(8)) {
                let mut bits = *byte;
                while bits != 0 {
                    take(at + u64::from(bits.trailing_zeros()), 1);
                    bits &= bits - 1;
                }
            }
        }
        form @ (DISTANCES | RUNS) => {
            while !rest.is_empty() {
                let first = next + get(&mut rest)?;
                let length = if form == RUNS { get(&mut rest)?.checked_add(1)? } else { 1 };
                next = first.checked_add(length).filter(|next| *next <= width)?;
                take(first, length);
            }
        }
        _ => return None,
    }
    Some(())
}

/// Writes a number, seven bits a byte, the lowest first.
pub(super) fn put(into: &mut Vec<u8>, mut number: u64) {
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            return into.push(low & 0x7f);
        }
        into.push(low | 0x80);
    }
}

/// Takes a number off. `None` if there is none of 63 bits.
pub(super) fn get(from: &mut &[u8]) -> Option<u64> {
    let (mut number, mut shift) = (0, 0);
    loop {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
        shift += 7;
        if shift > 56 {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpacked(packed: &[u8], width: u64) -> Option<Vec<u64>> {
        let mut places = Vec::new();
        unpack(packed, width, |first, length| places.extend(first..first + length))?;
        Some(places)
    }

    #[test]
    fn places_come_out_as_they_went_in_and_in_the_shortest_form() {
        let all: Vec<u16> = (0..4_096).collect();
        let some = |keep: fn(u16) -> bool| all.iter().copied().filter(|place| keep(*place)).collect::<Vec<_>>();
        for (places, form, longest) in [
            (vec![], DISTANCES, 1),
            (vec![0], DISTANCES, 2),
            (vec![4_095], DISTANCES, 3),
            (vec![7, 8, 4_000], DISTANCES, 5),
            (all.clone(), RUNS, 4),
            (some(|place| !(2_000..=2_100).contains(&place)), RUNS, 7),
            (some(|place| place % 2 == 0), EACH, 513),
            (some(|place| place % 9 == 0), DISTANCES, 457),
        ] {
            let packed = pack(&places, 4_096);
            assert_eq!((packed[0], packed.len()), (form, longest), "{places:?}");
            assert!(unpacked(&packed, 4_096).unwrap().into_iter().eq(places.into_iter().map(u64::from)));
        }
        let widest: Vec<u16> = (0..=u16::MAX).collect();
        assert_eq!(unpacked(&pack(&widest, 65_536), 65_536).unwrap().len(), 65_536);
    }

    #[test]
    fn what_is_no_block_is_refused() {
        for packed in [&[][..], &[3], &[DISTANCES, 0x80], &[DISTANCES, 64], &[RUNS, 0], &[RUNS, 0, 64], &[EACH, 0]] {
            assert_eq!(unpacked(packed, 64), None, "{packed:?}");
        }
        assert_eq!(unpacked(&[DISTANCES, 63], 64), Some(vec![63]));
        let endless = [&[DISTANCES][..], &[0xff; 20]].concat();
        assert_eq!(unpacked(&endless, 64), None);
    }
}
