// The one list of what each window may ask for and of what it is told. `commands` makes the handlers of it, `build.rs` the
// capabilities (a window's rights), a test the TypeScript types: a command without a handler, and a page that asks for what
// its window has no right to, do not compile.
windows! {
    windows {
        popup "popup-*" []
            "What a pop-up may do: show its call, keep what the agent writes of it, say who it is, dial.";
        dial "dial" ["core:window:allow-start-dragging"]
            "What the dial window may do: find contacts and numbers, dial, close.";
        strip "strip" ["core:window:allow-start-dragging"]
            "What the small window of desktops without a tray may do: show the state, open the menu and other windows.";
        main "main" []
            "What the main window may do: read the history and the outbox, keep results, mend records, choose, set up.";
        setup "setup" []
            "What the first-run window may do: try an account and a CRM, keep their secrets and the settings.";
    }

    // Carried out by the engine as they are; the engine's list declares input and result.
    engine {
        [main] status_show: StatusShow;
        [dial, main] call_rows: CallRows;
        [main] call_card: CallCard;
        [main] call_attach: CallAttach;
        [dial] read_number: ReadNumber;
        [popup, main] contacts_search: ContactsSearch;
        [dial] contacts_find: ContactsFind;
        [main] contacts_known: ContactsKnown;
        [main] outbox_retry: OutboxRetry;
        [main] connector_resume: ConnectorResume;
    }

    // Carried out here; a `sync` one on the main thread, in the order in which the page asks.
    shell {
        [dial, strip, main, setup] sync fn page_shown();

        [popup] sync fn popup_ready() -> WindowBootstrap;
        [popup] sync fn popup_filled(call_key: CallKey, height: u32);
        [popup] sync fn popup_painted(call_key: CallKey);
        [popup] sync fn popup_focus();
        [popup] sync fn popup_begun(call_key: CallKey);
        [popup] sync fn popup_close(call_key: CallKey);
        [popup] async fn popup_save(call_key: CallKey, edit: InteractionEdit, caller: Option<TypedCaller>) -> Saved;
        [popup] async fn popup_choose(call_key: CallKey, contact: ContactId) -> PopupCard;
        [popup] async fn popup_add_contact(call_key: CallKey, name: String, company: String) -> PopupCard;
        [popup] async fn popup_edit_contact(call_key: CallKey, contact: ContactId, edit: ContactEdit) -> PopupCard;
        [popup] async fn popup_dial(number: String, contact: Option<ContactId>, despite: Vec<ErrorCode>);
        [popup] sync fn popup_open_contact(contact: ContactId);
        [popup] sync fn popup_left(left: Vec<String>);

        [dial] sync fn dial_ready() -> WindowBootstrap;
        [dial] async fn dial_choose_identity(label: String);
        [dial] async fn dial_dial(
            number: String,
            from: Option<String>,
            contact: Option<ContactId>,
            despite: Vec<ErrorCode>,
        ) -> DialId;
        [dial] sync fn dial_height(height: u32);
        [dial] sync fn dial_close();

        [strip] sync fn strip_ready() -> WindowBootstrap;
        [strip] sync fn strip_menu();
        [strip] sync fn strip_open_dial();
        [strip] sync fn strip_open_main();

        [main] sync fn main_ready() -> WindowBootstrap;
        [main] async fn main_save(call_key: CallKey, edit: InteractionEdit, caller: Option<TypedCaller>) -> Saved;
        [main] async fn main_add_contact(call_key: CallKey, name: String, company: String) -> PopupCard;
        [main] async fn main_edit_contact(contact: ContactId, edit: ContactEdit) -> Contact;
        [main] async fn main_outbox(all: bool) -> Vec<OutboxRow>;
        [main] async fn main_discard(id: RequestId);
        [main] async fn main_open_record(id: RequestId);
        [main] sync fn main_open_dial(number: String, contact: Option<ContactId>);
        [main] async fn main_set_preferences(preferences: Preferences) -> WindowBootstrap;
        [main] sync fn main_screens() -> Vec<String>;
        [main] sync fn main_try_popup();
        [main] sync fn main_places() -> Places;
        [main] sync fn main_open_place(which: Place);
        [main] sync fn main_left(left: Vec<String>);

        [setup] sync fn setup_ready() -> WindowBootstrap;
        [setup] async fn setup_finish(autostart: bool);
        [setup] sync fn setup_left(left: Vec<String>);
        [setup, main] sync fn setup_offers() -> Offers;
        [setup, main] async fn setup_set_language(language: Language) -> WindowBootstrap;
        [setup, main] async fn setup_check_account(draft: AccountDraft, password: String) -> AccountCheck;
        [setup, main] async fn setup_save_account(draft: AccountDraft, password: String, keep: Keep);
        [setup, main] async fn setup_keyring(name: String) -> Keyring;
        [setup, main] async fn setup_check_connector(draft: ConnectorDraft, key: String) -> Vec<TestStep>;
        [setup, main] async fn setup_save_connector(draft: ConnectorDraft, key: String, keep: Keep);
        [setup, main] async fn setup_pick_connector_file() -> Option<KnownConnector>;
        [main] sync fn setup_form() -> SettingsForm;
        [main] async fn setup_remove_account(name: String);
        [main] async fn setup_remove_connector(name: String);
        [main] async fn setup_save_identity(was: Option<String>, identity: IdentityDraft);
        [main] async fn setup_remove_identity(label: String);
    }

    // What windows are told.
    events {
        [popup, dial, strip, main, setup] bootstrap: WindowBootstrap;
        [popup, main, setup] flush: ();
        [popup] popup_show: PopupCard;
        [popup] popup_changed: Call;
        [popup] popup_records: CallRecords;
        [popup] popup_focused: ();
        [popup] popup_clear: ();
        [popup] popup_close_asked: ();
        [dial] dial_wish: DialWish;
        [dial, main] dial_progress: DialProgress;
        [dial, main] status_changed: Status;
        [strip] strip_status: StripStatus;
        [main] main_go_to: Goal;
        [main] main_changed: Changed;
    }
}
