//! Exchanges recorded with Ollama v0.32.15, with the times at which requests came and how long loads and answers took:
//! the same requests are answered, the same ones are turned away, and they begin in the same order.

use super::*;

/// What was recorded of a request: when it came, for which model, and how long its answer took, if there was one.
type Row = (u64, &'static str, Option<u64>);

fn play(mut world: World, rows: &[Row]) -> World {
    for (at, model, takes) in rows {
        world.ask(*at, model, takes.unwrap_or(0));
    }
    world.until(60_000);
    for (index, (row, fate)) in rows.iter().zip(&world.fates).enumerate() {
        assert_eq!(row.2.is_none(), *fate == Busy, "request {index} came to {fate:?}");
    }
    world
}

/// The requests that were answered, as they began.
fn order(world: &World) -> Vec<usize> {
    let began = |(index, fate): (usize, &Fate)| match fate {
        Begins(at) => Some((*at, index)),
        _ => None,
    };
    let mut order: Vec<_> = world.fates.iter().enumerate().filter_map(began).collect();
    order.sort_unstable();
    order.into_iter().map(|(_, index)| index).collect()
}

#[test]
fn of_eight_at_once_for_a_cold_model_two_are_answered() {
    let world = World::new(Limits {
        load: ms(11_861),
        ..tight()
    });
    // In the order in which they were taken, which is not that of their numbers.
    let rows = [
        (18, "gemma3", Some(3_073)),
        (18, "gemma3", Some(737)),
        (18, "gemma3", None),
        (18, "gemma3", None),
        (19, "gemma3", None),
        (19, "gemma3", None),
        (20, "gemma3", None),
        (20, "gemma3", None),
    ];
    assert_eq!(play(world, &rows).tally(), (1, 0, 0));

    let world = World::new(Limits {
        load: ms(255),
        ..tight()
    });
    let rows = [
        (5, "tiny", Some(14)),
        (8, "tiny", Some(14)),
        (11, "tiny", None),
        (15, "tiny", None),
        (15, "tiny", None),
        (15, "tiny", None),
        (18, "tiny", None),
        (18, "tiny", None),
    ];
    assert_eq!(order(&play(world, &rows)), [0, 1]);
}

#[test]
fn eight_at_once_for_a_model_in_memory_are_all_answered_one_by_one() {
    let takes = [723, 1_251, 892, 6_549, 941, 618, 842, 5_250];
    let rows: Vec<Row> = (5..)
        .zip(takes)
        .map(|(at, takes)| (at, "gemma3", Some(takes)))
        .collect();
    let world = play(World::warm(tight(), &["gemma3"]), &rows);
    assert_eq!(order(&world), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(world.fates[7], Begins(5 + takes[..7].iter().sum::<u64>()));
}

#[test]
fn of_two_models_in_turn_the_one_in_memory_is_answered_and_the_other_waits_for_it() {
    let world = World::warm(
        Limits {
            load: ms(4_090),
            ..tight()
        },
        &["a"],
    );
    let rows = [
        (2, "a", Some(118)),
        (21, "b", Some(645)),
        (46, "a", Some(266)),
        (82, "b", Some(570)),
        (102, "a", Some(212)),
        (126, "b", None),
        (146, "a", Some(144)),
        (170, "b", None),
    ];
    let world = play(world, &rows);
    assert_eq!(order(&world), [0, 2, 4, 6, 1, 3]);
    assert_eq!(world.fates[1], Begins(742 + 4_090));
}

#[test]
fn of_eight_with_two_contexts_in_turn_two_are_answered_and_each_pays_a_load() {
    let mut world = World::warm(
        Limits {
            load: ms(7_308),
            ..tight()
        },
        &["b"],
    );
    let at = [10, 27, 47, 68, 107, 128, 148, 169];
    for (index, at) in at.into_iter().enumerate() {
        world.come(at, with_context("b", [1024, 1536][index % 2]), 351);
    }
    world.until(60_000);
    assert_eq!(world.fates[..2], [Begins(7_318), Begins(7_318 + 351 + 7_308)]);
    assert_eq!(world.fates[2..], [Busy; 6]);
    assert_eq!(world.tally(), (2, 0, 2));
}

#[test]
fn with_four_slots_four_of_six_begin_at_once() {
    let world = World::warm(Limits { slots: 4, ..tight() }, &["a"]);
    // The order in which they were taken: the third and the fifth came last.
    let rows: Vec<Row> = [24_874, 25_172, 25_167, 25_170, 1_944, 1_688]
        .into_iter()
        .map(|takes| (54, "a", Some(takes)))
        .collect();
    let world = play(world, &rows);
    assert_eq!(world.fates[..4], [Begins(54); 4]);
    assert_eq!(world.fates[4..], [Begins(54 + 24_874), Begins(54 + 25_167)]);
}

#[test]
fn of_forty_for_two_models_in_turn_the_same_sixteen_are_answered() {
    // The first load took as long as this; the others were some milliseconds faster.
    let world = World::warm(
        Limits {
            load: ms(264),
            ..tight()
        },
        &["tiny"],
    );
    // When each was sent, and for those that were answered how long it took from having a slot.
    let rows: [(u64, Option<u64>); 40] = [
        (5, Some(49)),
        (56, Some(63)),
        (87, Some(63)),
        (112, None),
        (137, None),
        (163, None),
        (189, None),
        (215, None),
        (240, None),
        (268, None),
        (296, None),
        (380, Some(60)),
        (406, Some(147)),
        (431, Some(60)),
        (502, None),
        (532, None),
        (560, None),
        (585, None),
        (612, None),
        (640, None),
        (668, None),
        (696, None),
        (721, None),
        (747, None),
        (772, Some(157)),
        (798, Some(82)),
        (830, Some(147)),
        (856, Some(48)),
        (884, Some(172)),
        (909, None),
        (935, Some(137)),
        (961, None),
        (986, Some(145)),
        (1011, None),
        (1037, Some(168)),
        (1063, None),
        (1088, Some(158)),
        (1115, None),
        (1140, Some(165)),
        (1168, None),
    ];
    let models = ["tiny", "tiny-b"];
    let rows: Vec<Row> = (0..)
        .zip(rows)
        .map(|(index, (at, takes))| (at, models[index % 2], takes))
        .collect();
    let world = play(world, &rows);
    assert_eq!(
        order(&world),
        [0, 1, 11, 13, 2, 12, 24, 26, 28, 30, 32, 34, 36, 38, 25, 27]
    );
    let busy = world.fates.iter().filter(|fate| **fate == Busy).count();
    assert_eq!((busy, world.tally()), (24, (3, 0, 3)));
}
