//! Which step of the store fails, and when.

use std::sync::{Arc, Mutex};

use store::{Fault, Faults, Step};

/// Lets one step fail, once it is armed.
#[derive(Default)]
pub(crate) struct Luck(Mutex<Option<Armed>>);

struct Armed {
    step: Step,
    fault: Fault,
    /// How many times more the step succeeds before.
    after: usize,
}

impl Luck {
    pub(crate) fn arm(&self, step: Step, fault: Fault, after: usize) {
        *self.0.lock().unwrap() = Some(Armed { step, fault, after });
    }

    /// Whether what was armed has happened.
    pub(crate) fn has_struck(&self) -> bool {
        self.0.lock().unwrap().is_none()
    }

    pub(crate) fn faults(self: &Arc<Self>) -> Faults {
        let luck = Arc::clone(self);
        Faults::new(move |step| luck.at(step))
    }

    fn at(&self, step: Step) -> Option<Fault> {
        let mut armed = self.0.lock().unwrap();
        let struck = armed.as_mut().filter(|armed| armed.step == step)?;
        match struck.after.checked_sub(1) {
            Some(less) => {
                struck.after = less;
                None
            }
            None => armed.take().map(|armed| armed.fault),
        }
    }
}
