//! Whole runs with scripted ports, in paused time.

mod deadline;
mod hosts;
mod outage;
mod self_test;
mod stages;
mod warm_up;
mod world;
