pub(crate) mod desk;
mod fake;
mod property;

use std::sync::atomic::{AtomicUsize, Ordering};

use desk::{Desk, crm};
use timbre_domain::contact::ContactPart;
use timbre_domain::error::ErrorCode;
use timbre_domain::ports::Clock as _;

use super::*;
use crate::api::command;
use crate::contacts::edit::ContactEdit;

fn thousands(desk: &Desk, n: usize) {
    let mut remote = desk.remote();
    for k in 0..n {
        // Hundreds on the same second.
        remote.second = 1_000 + (k / 300) as u64 * 40;
        remote.put(&format!("{k:05}"), &format!("Persona {k}"), &[&format!("8{k:07}"), &format!("2{k:07}")]);
    }
    remote.page = 200;
}

async fn edits(desk: &Desk, id: ContactId, name: &str) {
    let edit = ContactEdit { name: Some(name.into()), ..ContactEdit::default() };
    desk.context.execute(command::ContactsEdit { id, edit }).await.unwrap();
}

fn count_pulls(desk: &Desk) -> usize {
    desk.remote().asked.iter().filter(|asked| asked.starts_with("pull")).count()
}

#[tokio::test]
async fn everything_comes_page_by_page_and_a_second_pass_reads_only_its_overlap() {
    let desk = Desk::new();
    thousands(&desk, 3_000);
    let report = desk.sync(false).await;
    assert_eq!((report.added, report.pages, report.details_left), (3_000, 15, 0));
    desk.assert_equal();
    assert_eq!(desk.remote().largest_page, 200);
    let again = desk.sync(false).await;
    assert_eq!((again.added, again.changed, again.unchanged), (0, 0, 600), "the last minute");
    let state = desk.state();
    assert_eq!((state.pages, state.full_at.is_some()), (0, true));
}

#[tokio::test]
async fn what_changes_and_goes_while_the_pull_goes_on_is_right_in_the_end() {
    let desk = Desk::new();
    thousands(&desk, 2_000);
    let mut page = 0;
    desk.remote().on_page = Some(Box::new(move |remote| {
        page += 1;
        remote.second += 1;
        if page < 8 {
            for k in 0..20 {
                let id = format!("{:05}", page * 211 + k);
                remote.change(&id, |contact| contact.name = format!("Otra {page}"));
            }
            remote.records.remove(&format!("{:05}", page * 7));
            remote.put(&format!("new{page}"), "Nueva", &[&format!("7000000{page}")]);
        }
    }));
    desk.sync(true).await;
    desk.assert_equal();
}

#[tokio::test]
async fn a_record_that_is_stored_late_with_an_older_time_is_found_by_the_next_pass() {
    let desk = Desk::new();
    thousands(&desk, 500);
    desk.remote().put("late", "Tardía", &["60000001"]);
    desk.remote().records.get_mut("late").unwrap().visible = false;
    desk.remote().second += 30;
    desk.remote().put("later", "Otra", &["60000002"]);
    desk.sync(false).await;
    assert_eq!(desk.cached().len(), 501);
    desk.remote().records.get_mut("late").unwrap().visible = true;
    desk.sync(false).await;
    desk.assert_equal();
}

#[tokio::test]
async fn a_program_that_is_killed_again_and_again_goes_on_at_the_page() {
    let desk = Desk::new();
    thousands(&desk, 5_000);
    for kills in 1..=5 {
        let pages = kills * 4;
        desk.runs_until(|desk| desk.state().pages >= pages as u64 || desk.state().full_at.is_some()).await;
    }
    assert!(desk.state().full_at.is_none(), "the last kill came before the end too");
    desk.runs_until(|desk| desk.state().full_at.is_some()).await;
    desk.assert_equal();
    assert!(count_pulls(&desk) < 50, "{} pages were asked for", count_pulls(&desk));
}

#[tokio::test]
async fn pages_that_fail_are_asked_for_again_after_a_pause_and_nothing_is_lost() {
    let desk = Desk::new();
    thousands(&desk, 1_000);
    desk.remote().failures =
        [Verdict::BackOff, Verdict::SearchFirst { tries: 3 }, Verdict::Wait(Duration::from_secs(61))].into();
    let asked = AtomicUsize::new(0);
    desk.runs_until(|desk| {
        let now = count_pulls(desk);
        if asked.swap(now, Ordering::Relaxed) != now {
            return false;
        }
        if matches!(desk.line().condition(), ConnectorHealth::Waits { .. }) {
            desk.clock.advance(70);
        }
        desk.state().full_at.is_some()
    })
    .await;
    desk.assert_equal();
    let first: Vec<_> = desk.remote().asked.iter().take(5).cloned().collect();
    assert_eq!(first, ["pull true", "pull true", "pull true", "pull true", "pull false"]);
}

#[tokio::test]
async fn a_page_that_fails_in_the_middle_does_not_begin_the_overlap_anew() {
    let desk = Desk::new();
    thousands(&desk, 600);
    desk.remote().on_page = Some(Box::new(|remote| {
        if remote.asked.len() == 1 {
            remote.failures.push_back(Verdict::BackOff);
        }
    }));
    desk.runs_until(|desk| {
        if matches!(desk.line().condition(), ConnectorHealth::Waits { .. }) {
            desk.clock.advance(10);
        }
        desk.state().full_at.is_some()
    })
    .await;
    desk.assert_equal();
    assert_eq!(desk.remote().asked, ["pull true", "pull false", "pull false", "pull false"]);
}

#[tokio::test]
async fn a_stopped_crm_is_not_asked_until_a_person_acts() {
    let desk = Desk::new();
    thousands(&desk, 300);
    desk.remote().failures.push_back(Verdict::Stop);
    desk.runs_until(|desk| matches!(desk.line().condition(), ConnectorHealth::Stopped { .. })).await;
    assert_eq!(desk.remote().asked.len(), 1);
    let refused = now(&desk.context, None, true).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::VendorFailed);
    desk.runs_until(|desk| {
        desk.clock.advance(600);
        desk.clock.elapsed() > Duration::from_secs(100_000)
    })
    .await;
    assert_eq!(desk.remote().asked.len(), 1, "neither the background nor a person's request asks");
    desk.line().resumes(&desk.context.core).await.unwrap();
    desk.sync(false).await;
    desk.assert_equal();
}

#[tokio::test]
async fn a_refused_pull_is_tried_again_when_the_next_pass_is_due_and_not_before() {
    let desk = Desk::new();
    desk.remote().failures = [Verdict::Park, Verdict::Park].into();
    let mut looks = 0;
    desk.runs_until(|desk| {
        // The background has the time for many more, if it wanted to.
        looks += usize::from(count_pulls(desk) > 0);
        if looks > 0 && looks % 500 == 0 {
            assert_eq!(count_pulls(desk), 1);
            // Again and again: a slow machine may not have begun to wait when the clock went on for the first time.
            desk.clock.advance(300);
        }
        count_pulls(desk) == 2
    })
    .await;
    assert!(looks >= 500);
}

#[tokio::test]
async fn a_crm_whose_cursor_stands_still_ends_the_pass() {
    let desk = Desk::new();
    thousands(&desk, 300);
    desk.remote().stands_still = true;
    let report = desk.sync(false).await;
    assert!(report.pages <= 4, "{}", report.pages);
    assert!(report.endless_pages);
}

#[tokio::test]
async fn a_crm_that_counts_pages_and_always_gives_the_same_ends_the_pass_and_nothing_is_taken_for_gone() {
    let desk = Desk::new();
    thousands(&desk, 300);
    desk.sync(false).await;
    desk.remote().same_page = true;
    let report = desk.sync(true).await;
    assert!(report.pages <= 4 && report.endless_pages, "{report:?}");
    assert_eq!(report.removed, 0);
}

#[test]
fn pages_that_go_round_are_noticed_whatever_their_number() {
    for length in 1..40_u64 {
        let mut round = pass::EndlessPages::default();
        let at = |n: u64| timbre_domain::crm::Cursor([("n".to_owned(), n.to_string())].into());
        let noticed = (0..).find(|n| round.notices(&at(n % length), None).is_some()).unwrap();
        assert!(noticed <= 3 * length + 1, "{length}: {noticed}");
        let mut straight = pass::EndlessPages::default();
        assert!((0..1_000).all(|n| straight.notices(&at(n), Some(n)).is_none()));
        let mut shown = pass::EndlessPages::default();
        let noticed = (0..).find(|n| shown.notices(&at(*n), Some(n % length)).is_some()).unwrap();
        assert!(noticed <= 3 * length + 1, "{length}: {noticed}");
    }
}

#[tokio::test]
async fn a_crm_that_makes_up_contacts_without_end_is_stopped_at_twice_what_it_counts() {
    let desk = Desk::new();
    desk.remote().counted = Some(500);
    thousands(&desk, 300);
    desk.remote().page = 50;
    // Whenever a page was read, another stands behind it.
    desk.remote().on_page = Some(Box::new(|remote| {
        remote.second += 1;
        for at in 0..60 {
            remote.put(&format!("made-up-{}-{at}", remote.second), "Nobody", &[]);
        }
    }));
    let report = desk.sync(false).await;
    assert!(report.endless_pages);
    assert!((2_000..2_200).contains(&report.added), "500 twice and what may change meanwhile: {report:?}");
}

#[tokio::test]
async fn a_record_that_makes_no_sense_is_counted_and_stops_nothing() {
    let desk = Desk::with(true);
    thousands(&desk, 450);
    for id in ["00003", "00222", "00449"] {
        desk.remote().records.get_mut(id).unwrap().broken = true;
    }
    let report = desk.sync(true).await;
    assert_eq!((report.added, report.details_fetched, report.details_left), (447, 447, 0));
    assert_eq!(report.unread, 6, "in the list, and asked for one by one because they are not known here");
    desk.assert_equal();
    desk.remote().records.get_mut("00003").unwrap().broken = false;
    desk.sync(true).await;
    desk.assert_equal();
}

#[tokio::test]
async fn the_telephones_that_lists_leave_out_are_fetched_and_stay() {
    let desk = Desk::with(true);
    thousands(&desk, 300);
    desk.sync(false).await;
    desk.assert_equal();
    let asked = desk.remote().asked.len();
    let report = desk.sync(false).await;
    assert_eq!((report.unchanged, report.details_fetched), (300, 0));
    assert_eq!(desk.remote().asked.len(), asked + 2, "what is read again is not fetched again");
    desk.remote().second += 500;
    desk.remote().change("00007", |contact| contact.phones[1].number = "22223333".into());
    let report = desk.sync(false).await;
    assert!(report.details_fetched >= 1, "the list showed nothing of it");
    desk.assert_equal();
}

#[tokio::test]
async fn what_is_gone_there_goes_here_when_its_time_comes() {
    let desk = Desk::new();
    thousands(&desk, 300);
    desk.runs_until(|desk| desk.state().full_at.is_some()).await;
    let kept = desk.of("00005").id;
    edits(&desk, kept, "Lo que escribí").await;
    for id in ["00005", "00006", "00299"] {
        desk.remote().records.remove(id);
    }
    desk.sync(false).await;
    assert_eq!(desk.cached().len(), 300);
    desk.clock.advance(3_600);
    desk.runs_until(|desk| desk.state().reconciled_at.is_some()).await;
    assert_eq!(desk.cached().len(), 298);
    let contact = desk.context.core.store.contact(kept).unwrap().unwrap();
    assert_eq!((contact.name.as_str(), contact.origin), ("Lo que escribí", None));
}

#[tokio::test]
async fn a_record_that_comes_back_just_after_a_push_undoes_nothing() {
    let desk = Desk::new();
    thousands(&desk, 10);
    desk.sync(false).await;
    let id = desk.of("00004").id;
    // The CRM has worked out its answer, and gives it only after it has taken the change.
    desk.remote().change("00004", |contact| contact.name = "Antes".into());
    desk.fake.gate.send_replace(false);
    let (context, asked) = (desk.context.clone(), desk.remote().asked.len());
    let pass = tokio::spawn(async move { now(&context, None, false).await });
    while desk.remote().asked.len() == asked {
        tokio::task::yield_now().await;
    }
    edits(&desk, id, "Después").await;
    let item = desk.context.core.store.outbox(&Default::default()).unwrap().remove(0);
    let at = desk.clock.now();
    desk.context.core.store.outbox_begin(item.id, at, at).unwrap().unwrap();
    desk.remote().second += 1;
    desk.remote().change("00004", |contact| contact.name = "Después".into());
    let receipt = timbre_domain::crm::Receipt::of("00004");
    let everything = [ContactPart::Name, ContactPart::Company, ContactPart::Emails, ContactPart::Phones].into();
    desk.context.core.store.outbox_sent(item.id, &receipt, &everything, at).unwrap();
    assert!(desk.of("00004").typed.is_empty());
    desk.fake.gate.send_replace(true);
    let report = pass.await.unwrap().unwrap().remove(0);
    assert_eq!((report.pages, count_pulls(&desk)), (1, 3), "the old answer was thrown away and asked for again");
    assert_eq!(desk.of("00004").name, "Después");
}

#[tokio::test]
async fn what_a_person_typed_and_could_not_be_sent_yet_outlives_every_pass() {
    let desk = Desk::with(true);
    thousands(&desk, 20);
    desk.sync(false).await;
    let id = desk.of("00004").id;
    edits(&desk, id, "Mía").await;
    desk.remote().second += 100;
    desk.remote().change("00004", |contact| {
        contact.name = "Suya".into();
        contact.phones[0].number = "60009999".into();
    });
    desk.sync(true).await;
    let contact = desk.of("00004");
    assert_eq!((contact.name.as_str(), contact.phones[0].number.raw()), ("Mía", "60009999"));
    desk.sends().await;
    desk.sync(false).await;
    assert_eq!(desk.remote().records["00004"].contact.name, "Mía");
    desk.assert_equal();
}

#[tokio::test]
async fn a_person_can_ask_for_it_and_is_told_what_came() {
    let desk = Desk::with(true);
    thousands(&desk, 30);
    let mut events = desk.context.subscribe();
    let command = command::ContactsSync { connector: Some(crm()), full: true };
    let reports = desk.context.execute(command).await.unwrap();
    assert_eq!((reports[0].added, reports[0].details_fetched, reports[0].problem.clone()), (30, 30, None));
    let mut finished = Vec::new();
    while let Ok(event) = events.try_recv() {
        if let Event::Sync(progress) = event
            && progress.finished
        {
            finished.push((progress.phase, progress.contacts, progress.details_left));
        }
    }
    let told = [(SyncPhase::Full, 30, 30), (SyncPhase::Deletions, 30, 30), (SyncPhase::Details, 30, 0)];
    assert_eq!(finished, told);
    let nobody = command::ContactsSync { connector: Some("other".parse().unwrap()), full: false };
    assert_eq!(desk.context.execute(nobody).await.unwrap_err().code, ErrorCode::NotFound);
}

#[tokio::test]
async fn one_pass_at_a_time() {
    let desk = Desk::new();
    thousands(&desk, 1_000);
    let both = tokio::join!(now(&desk.context, None, false), now(&desk.context, None, false));
    let (one, two) = (both.0.unwrap().remove(0), both.1.unwrap().remove(0));
    assert_eq!((one.added, two.added), (1_000, 0));
    desk.assert_equal();
}

#[tokio::test]
async fn a_wish_for_a_pass_interrupts_the_fetching_of_telephones() {
    let desk = Desk::with(true);
    thousands(&desk, 200);
    let mut asked = false;
    desk.runs_until(|desk| {
        let pulls = count_pulls(desk);
        let fetched = desk.remote().asked.len() - pulls;
        if fetched > 5 && !asked {
            asked = true;
            desk.line().sync_wanted.notify_one();
        }
        assert!(fetched < 150, "the pass had to wait");
        pulls >= 2
    })
    .await;
}
