//! Which models are in memory, and for how long.

use super::*;

#[test]
fn an_idle_model_makes_room_at_once_and_the_one_that_would_stay_shortest() {
    let mut world = World::new(Limits {
        models: Some(3),
        load: Duration::ZERO,
        ..tight()
    });
    world.come(0, kept("long", 90_000), 0);
    world.come(0, kept("short", 30_000), 0);
    world.come(0, kept("busy", 20_000), 5_000);
    world.until(1);
    world.ask(2, "new", 10);
    assert_eq!(world.loaded(), ["busy", "long", "new"]);
    assert_eq!(world.fates[3], Begins(2));
    assert_eq!(world.tally(), (4, 0, 1));
}

#[test]
fn where_all_are_busy_the_load_waits_and_holds_up_all_behind_it() {
    let mut world = World::warm(
        Limits {
            models: Some(2),
            queue: 9,
            ..tight()
        },
        &["a", "b"],
    );
    world.ask(0, "a", 500);
    world.come(0, kept("b", 600_000), 800);
    // It waits for a, which has the shorter life, and the others wait with it: even for b with other options.
    world.ask(1, "c", 10);
    world.come(2, with_context("b", 2048), 10);
    world.ask(3, "d", 10);
    // A model in memory is asked as ever.
    world.ask(4, "b", 10);
    world.until(2_000);
    assert_eq!(
        world.fates,
        [
            Begins(0),
            Begins(0),
            Begins(600),
            Begins(910),
            Begins(1010),
            Begins(800)
        ]
    );
}

#[test]
fn who_asks_for_a_model_that_is_to_leave_keeps_the_next_one_out() {
    let mut world = World::warm(tight(), &["a"]);
    world.ask(0, "a", 100);
    world.ask(10, "b", 10);
    for turn in 1..6 {
        world.ask(100 * turn - 50, "a", 100);
    }
    world.until(2_000);
    assert_eq!(world.fates[1], Begins(700));
}

#[test]
fn a_model_that_is_to_leave_stays_if_somebody_says_how_long() {
    let mut world = World::warm(tight(), &["a"]);
    world.ask(0, "a", 100);
    world.ask(10, "b", 10);
    world.come(20, kept("a", 5_000), 100);
    world.until(10_000);
    assert_eq!(
        world.fates,
        [Begins(0), Begins(5_300), Begins(100)],
        "nobody has looked in between"
    );
}

#[test]
fn other_options_are_a_load_for_everybody() {
    let mut world = World::warm(Limits { queue: 9, ..tight() }, &["a"]);
    for tokens in [2048, 4096, 4096, 2048] {
        world.come(0, with_context("a", tokens), 10);
    }
    world.until(2_000);
    assert_eq!(world.fates, [Begins(100), Begins(210), Begins(220), Begins(330)]);
    assert_eq!(world.tally(), (3, 0, 3));
}

#[test]
fn a_model_leaves_when_its_time_is_over_and_the_last_word_counts() {
    let mut world = World::new(tight());
    world.ask(0, "a", 10);
    world.come(200, kept("a", 1_000), 10);
    world.until(1_209);
    assert_eq!(world.loaded(), ["a"]);
    world.until(1_210);
    assert!(world.loaded().is_empty());
    for (keep_alive, later) in [(KeepAlive::Forever, 1), (KeepAlive::For(Duration::ZERO), 0)] {
        let mut world = World::new(tight());
        world.come(0, kept("a", 1), 50);
        let last = Want {
            keep_alive: Some(keep_alive),
            ..want("a")
        };
        world.come(110, last, 50);
        world.until(1_000_000);
        assert_eq!(world.loaded().len(), later, "{keep_alive:?}");
    }
}

#[test]
fn a_model_is_unloaded_once_nobody_uses_it() {
    let mut world = World::warm(tight(), &["a"]);
    world.ask(0, "a", 100);
    world.until(10);
    assert!(world.scheduler.unload(ms(10), "a").is_empty());
    assert_eq!(world.loaded(), ["a"]);
    world.until(101);
    assert!(world.loaded().is_empty());
    assert!(
        world.scheduler.unload(ms(102), "a").is_empty(),
        "one that is not there stays so"
    );
    assert_eq!(world.tally(), (0, 0, 0), "nobody had to make room");
}
