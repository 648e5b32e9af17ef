//! Whole runs with scripted ports, in paused time.

mod deadline;
mod outage;
mod warm_up;
mod world;
