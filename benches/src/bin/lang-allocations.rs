//! Counts what `lang` allocates, for the benchmark of that name: prints JSON, one object for each of its measurements.
//!
//! A program of its own, because counting costs time, and the counting allocator can wrap the system's only.

use std::alloc::System;
use std::path::Path;

use anyhow::Result;
use benches::language::{Counts, Operation, Parsed, Subject, subjects};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> Result<()> {
    let stored = std::env::args_os().nth(1);
    let mut counts = Vec::new();
    for subject in subjects(stored.as_deref().map(Path::new))? {
        let parsed = subject.parse()?;
        let of_one: Result<Vec<Counts>> =
            Operation::ALL.map(|operation| count(&subject, operation, &parsed)).into_iter().collect();
        counts.push(of_one?);
    }
    println!("{}", serde_json::to_string(&counts)?);
    Ok(())
}

fn count(subject: &Subject, operation: Operation, parsed: &Parsed) -> Result<Counts> {
    // What is made once and kept, as tables, is made here.
    subject.operate(operation, parsed)?;
    let region = Region::new(ALLOCATOR);
    subject.operate(operation, parsed)?;
    let change = region.change();
    Ok(Counts { allocations: (change.allocations + change.reallocations) as u64, bytes: change.bytes_allocated as u64 })
}
