//! The wire types: whatever is read is written and read again as the same, and what is refused has a
//! place and a reason.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;

fuzz_target!(|input: &[u8]| {
    asked(input);
    answered(input);
});

/// What a server is asked.
fn asked(input: &[u8]) {
    round_trip::<duly_api::NewTask>(input);
    round_trip::<duly_api::Retry>(input);
    round_trip::<duly_api::Bulk>(input);
    round_trip::<duly_api::Filter>(input);
    round_trip::<duly_api::TaskChange>(input);
    round_trip::<duly_api::TaskRetry>(input);
    round_trip::<duly_api::QueueChange>(input);
    round_trip::<duly_api::KindChange>(input);
    round_trip::<duly_api::TenantChange>(input);
    round_trip::<duly_api::LimitSet>(input);
    round_trip::<duly_api::Attachment>(input);
    round_trip::<duly_api::Detachment>(input);
    round_trip::<duly_api::ScheduleDefinition>(input);
    round_trip::<duly_api::ScheduleBackfill>(input);
    round_trip::<duly_api::Purge>(input);
    round_trip::<duly_api::FailedRetry>(input);
    round_trip::<duly_api::FailedDiscard>(input);
}

/// What clients are answered.
fn answered(input: &[u8]) {
    round_trip::<duly_api::Task>(input);
    round_trip::<duly_api::TaskPage>(input);
    round_trip::<duly_api::Submitted>(input);
    round_trip::<duly_api::SubmittedBatch>(input);
    round_trip::<duly_api::BulkDone>(input);
    round_trip::<duly_api::FailedPage>(input);
    round_trip::<duly_api::FeedEvent>(input);
    round_trip::<duly_api::EventPage>(input);
    round_trip::<duly_api::Resync>(input);
    round_trip::<duly_api::Queue>(input);
    round_trip::<duly_api::Queues>(input);
    round_trip::<duly_api::Kind>(input);
    round_trip::<duly_api::Kinds>(input);
    round_trip::<duly_api::Tenant>(input);
    round_trip::<duly_api::Tenants>(input);
    round_trip::<duly_api::Limit>(input);
    round_trip::<duly_api::Limits>(input);
    round_trip::<duly_api::Schedule>(input);
    round_trip::<duly_api::Schedules>(input);
    round_trip::<duly_api::ScheduleNext>(input);
    round_trip::<duly_api::Explanation>(input);
    round_trip::<duly_api::QueueExplanation>(input);
    round_trip::<duly_api::WorkerExplanation>(input);
    round_trip::<duly_api::WorkerExplanations>(input);
    round_trip::<duly_api::Stats>(input);
    round_trip::<duly_api::Worker>(input);
    round_trip::<duly_api::Workers>(input);
    round_trip::<duly_api::Ready>(input);
    round_trip::<duly_api::Health>(input);
    round_trip::<duly_api::Imported>(input);
    round_trip::<duly_api::RunLine>(input);
    round_trip::<duly_api::Problem>(input);
}

fn round_trip<T: DeserializeOwned + Serialize>(input: &[u8]) {
    match duly_api::parse_object::<T>(input) {
        Ok(value) => {
            let text = serde_json::to_vec(&value).expect("what was read can be written");
            let again: T = duly_api::parse_object(&text).expect("what was written can be read");
            assert_eq!(serde_json::to_vec(&again).expect("and written again"), text);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
