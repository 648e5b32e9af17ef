//! Lost slots, dead runners and restarts.

use super::*;

#[test]
fn a_lost_slot_comes_back_with_the_next_load_only() {
    let mut world = World::warm(tight(), &["a"]);
    assert_eq!(world.scheduler.leak(ms(0), "a"), Some(Vec::new()));
    assert_eq!(world.scheduler.leak(ms(0), "b"), None);
    let first = world.ask(1, "a", 10);
    world.until(1_000);
    assert_eq!((world.fates[first], world.loaded()), (Waits, vec!["a".to_owned()]));
    // It is not unloaded for as long as somebody waits for it.
    assert!(world.scheduler.unload(ms(1_000), "a").is_empty());
    assert_eq!(world.loaded(), ["a"]);
    world.leave(1_001, first);
    assert!(world.loaded().is_empty());
    world.ask(1_002, "a", 10);
    world.until(2_000);
    assert_eq!(world.fates, [Waits, Begins(1_102)]);
}

#[test]
fn a_slot_that_is_lost_while_it_is_in_use_is_not_given_again() {
    let mut world = World::warm(Limits { slots: 2, ..tight() }, &["a"]);
    world.ask(0, "a", 100);
    world.ask(0, "a", 200);
    assert!(world.scheduler.leak(ms(10), "a").is_some());
    world.ask(20, "a", 10);
    world.until(1_000);
    assert_eq!(world.fates, [Begins(0), Begins(0), Begins(200)]);
}

#[test]
fn a_dead_runner_ends_all_it_had_and_is_found_by_the_next_request() {
    let mut world = World::warm(Limits { slots: 2, ..tight() }, &["a"]);
    for _ in 0..3 {
        world.ask(0, "a", 1_000);
    }
    world.until(10);
    let events = world.scheduler.kill(ms(10), "a").expect("it is there");
    world.note(events);
    assert_eq!(
        world.fates,
        [Died(Death::Answering), Died(Death::Answering), Died(Death::Waiting)]
    );
    assert_eq!(world.loaded(), ["a"]);
    world.leave(11, 0);
    world.ask(20, "a", 10);
    assert!(world.loaded().is_empty());
    world.until(1_000);
    assert_eq!(world.fates[3], Begins(120));
    assert_eq!(world.scheduler.kill(ms(1_000), "b"), None);
}

#[test]
fn a_dead_runner_makes_room_for_who_waited_for_it() {
    let mut world = World::warm(tight(), &["a"]);
    world.ask(0, "a", 10_000);
    world.ask(10, "b", 10);
    world.until(20);
    let events = world.scheduler.kill(ms(20), "a").expect("it is there");
    world.note(events);
    world.until(1_000);
    assert_eq!(world.fates, [Died(Death::Answering), Begins(120)]);
}

#[test]
fn after_a_restart_nothing_is_in_memory_and_nobody_waits() {
    let mut world = World::warm(tight(), &["a"]);
    for (model, _) in [("a", 0), ("b", 1), ("b", 2)] {
        world.ask(0, model, 10_000);
    }
    world.scheduler.close();
    world.ends.clear();
    assert_eq!((world.loaded(), world.scheduler.next_due()), (Vec::new(), None));
    // On a connection that is not closed yet another question may come, for which nothing is loaded.
    world.ask(5, "b", 10_000);
    assert_eq!((world.fates[3], world.scheduler.next_due()), (Waits, None));
    // Those of before leave when they notice.
    for index in 0..4 {
        world.leave(10, index);
    }
    world.scheduler.open();
    world.ask(20, "b", 10);
    world.until(1_000);
    assert_eq!(world.fates[4], Begins(120));
    assert_eq!(world.tally(), (1, 0, 0), "no load was cut off");
}
