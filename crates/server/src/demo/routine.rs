//! What happens every day: people who build, pipelines that test and deploy, a backup at night.

use axum::http::Method;

use super::cast::{BACKUP, BEN, CAROL, DAN, FRANK, GRACE, PIPELINE};
use super::stage::{Caller, Deed};
use super::story::{deed, environment, open};
use super::{DAYS, Moment};

const DEVELOPERS: [Caller; 4] = [BEN, DAN, FRANK, GRACE];

/// Numbers that look random and are the same every time (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        u32::try_from((mixed ^ (mixed >> 31)) % u64::from(end)).unwrap_or(0)
    }
}

/// Every day of the month.
pub(super) fn routine(moment: Moment) -> Vec<Deed> {
    let mut dice = Dice(4_711);
    (0..DAYS).rev().flat_map(|day| one_day(moment, day, &mut dice)).collect()
}

fn one_day(moment: Moment, day: u32, dice: &mut Dice) -> Vec<Deed> {
    let mut deeds = vec![open(moment.at(day, 1, 30), BACKUP, "shared/database", Some("db.password"))];
    if moment.is_weekend(day) {
        return deeds;
    }
    for who in DEVELOPERS {
        // Nobody works for a place that they have left.
        if who.token == DAN.token && day <= 3 {
            continue;
        }
        for _ in 0..2 + dice.below(4) {
            deeds.push(open(some_time(moment, day, dice), who, "web/dev", None));
        }
        match dice.below(6) {
            0 => deeds.push(deed(some_time(moment, day, dice), who, Method::GET, environment("web/dev"))),
            1 => deeds.push(deed(some_time(moment, day, dice), who, Method::GET, environment("web/dev") + "/decrypt")),
            2 => deeds.push(open(some_time(moment, day, dice), who, "web/staging", None)),
            3 if who.token == DAN.token => {
                deeds.push(deed(some_time(moment, day, dice), who, Method::GET, environment("billing/prod")).refused());
            }
            _ => {}
        }
    }
    for _ in 0..6 + dice.below(6) {
        deeds.push(open(some_time(moment, day, dice), PIPELINE, "web/dev", None));
    }
    for _ in 0..=dice.below(3) {
        let at = some_time(moment, day, dice);
        deeds.push(open(at, PIPELINE, "web/staging", None));
        deeds.push(open(at + 600_000_000, PIPELINE, "web/prod", None));
    }
    if dice.below(3) == 0 {
        deeds.push(open(some_time(moment, day, dice), CAROL, "billing/prod", Some("payments.apiKey")));
    }
    deeds
}

/// A moment of a working day, from nine to five.
fn some_time(moment: Moment, day: u32, dice: &mut Dice) -> i64 {
    moment.at(day, 9, 0) + i64::from(dice.below(8 * 3_600_000)) * 1_000
}
