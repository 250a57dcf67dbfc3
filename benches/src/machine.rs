//! What the numbers were measured on.

use std::fmt;
use std::fs;
use std::path::Path;
use std::thread::available_parallelism;

/// The machine, as far as it explains the numbers.
#[derive(Debug)]
pub struct Machine {
    processor: String,
    cores: usize,
    kernel: String,
    disk: String,
}

impl Machine {
    /// Looks at this machine, and at the disk below `directory`.
    pub fn look(directory: &Path) -> Self {
        let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let processor = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        Self {
            processor: processor.map_or("unknown processor", |(_, name)| name).to_owned(),
            cores: available_parallelism().map_or(1, usize::from),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned(),
            disk: disk(directory),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { processor, cores, kernel, disk } = self;
        write!(f, "{processor}, {cores} cores shared with the load generator; Linux {kernel}; {disk}")
    }
}

/// The file system that holds `directory`: the mount with the longest matching path.
fn disk(directory: &Path) -> String {
    let directory = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    mounts
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(' ');
            let (device, point, kind) = (fields.next()?, fields.next()?, fields.next()?);
            directory.starts_with(point).then_some((point.len(), device, kind))
        })
        .max_by_key(|(length, ..)| *length)
        .map_or_else(|| "unknown disk".to_owned(), |(_, device, kind)| format!("{kind} on {device}"))
}
