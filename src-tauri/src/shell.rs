//! The engine's shell: what it wants shown is posted to the windows.

use timbre_domain::call::Call;
use timbre_domain::notice::Notice;
use timbre_domain::popup::PopupCard;
use timbre_domain::ports::Shell;

use crate::app_state::AppState;
use crate::notify;
use crate::popup::pool::Event;

impl Shell for AppState {
    fn show_popup(&self, card: &PopupCard) {
        self.post(Event::Show(Box::new(card.clone())));
    }

    fn complete_popup(&self, card: &PopupCard) {
        self.post(Event::Complete(Box::new(card.clone())));
    }

    fn call_changed(&self, call: &Call) {
        self.post(Event::Changed(Box::new(call.clone())));
    }

    fn notify(&self, notice: &Notice) {
        notify::tell(self, notice);
    }

    fn withdraw(&self, notice: &Notice) {
        notify::withdraw(notice);
    }
}
