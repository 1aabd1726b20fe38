//! The real server on a real socket, with a scripted service behind it.

use super::*;

#[derive(Default)]
pub(super) struct Scripted;

impl Service for Scripted {
    fn process(&self, _: Event) -> Pin<Box<dyn Future<Output = Outcome> + Send>> {
        Box::pin(async { Outcome::default() })
    }
    fn readiness(&self) -> Readiness {
        unimplemented!()
    }
    fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        text.replace("hunter2hunter2", "***").into()
    }
}
