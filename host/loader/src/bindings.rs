//! The contract as wasmtime generates it: one world that holds every interface, so that there is one set of types.
//!
//! The world is the host's own; a plugin exports whichever of these interfaces it has, and each is bound by itself.

wasmtime::component::bindgen!({
    path: "../../wit/koderz-plugin-0.1.0",
    inline: "
        package koderz:host@0.1.0;

        world everything {
            import koderz:plugin/log@0.1.0;
            import koderz:plugin/data@0.1.0;
            import koderz:plugin/subject@0.1.0;
            export koderz:plugin/identity@0.1.0;
            export koderz:plugin/suite@0.1.0;
            export koderz:plugin/summary@0.1.0;
            export koderz:plugin/reference@0.1.0;
            export koderz:plugin/planner@0.1.0;
            export koderz:plugin/retry@0.1.0;
            export koderz:plugin/limit@0.1.0;
            export koderz:plugin/evaluator@0.1.0;
        }
    ",
    world: "koderz:host/everything",
    imports: { "koderz:plugin/subject.call": trappable },
});
