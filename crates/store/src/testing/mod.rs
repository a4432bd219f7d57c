//! What every store is held to: the conformance suite, and the model test against the memory store.
//!
//! ```text
//! duly_store::conformance!(my_rig);          // `fn my_rig() -> Rig`: a fresh, empty store
//! ```

#![expect(
    clippy::unwrap_used,
    reason = "these are tests, shipped to stores of others"
)]

pub mod model;
mod rig;

pub mod attachment;
pub mod change;
pub mod claim;
pub mod event;
pub mod explain;
pub mod house;
pub mod late;
pub mod limit;
pub mod list;
pub mod order;
pub mod queue;
pub mod rate;
pub mod room;
pub mod save;
pub mod schedule;
pub mod settle;
pub mod subject;
pub mod submit;
pub mod unique;
pub mod worker;

pub use rig::{
    KIND, ME, OTHER, QUEUE, Rig, claim as claim_of, id, names, registration, task, task_with,
};

/// Makes one test of each conformance case, run on a fresh rig from `$rig()`.
#[macro_export]
macro_rules! conformance {
    ($rig:ident) => {
        $crate::conformance_cases! { $rig,
            submit: [
                all_or_nothing, the_same_id_is_one_task, a_finished_id_is_still_one_task,
                a_unique_key_is_rejected_while_unfinished, a_queue_is_bounded,
                bad_input_is_named_and_loses_nothing, the_record_shows_what_was_submitted,
                a_batch_keeps_its_order,
                lines_are_bounded, absurd_times_are_refused
            ],
            unique: [
                a_key_is_held_as_its_holder_said, a_period_ends_to_the_microsecond,
                a_period_outlives_its_task, a_replacement_changes_what_it_says,
                what_has_begun_is_not_replaced, a_submission_that_comes_again_replaces_once,
                a_refused_batch_undoes_its_replacements,
                a_retried_task_needs_the_key_that_it_would_hold, a_restored_task_holds_its_key,
                absurd_keys_are_refused
            ],
            claim: [
                the_most_urgent_first_then_in_order, nothing_starts_early,
                the_derived_state_is_seen_before_it_is_noticed, a_retry_ranks_by_when_it_was_due,
                queues_take_turns, only_named_queues_and_kinds, a_paused_queue_rests,
                an_unknown_worker_gets_nothing, prefetched_work_is_promoted,
                a_promotion_is_fenced, suspects_come_one_at_a_time,
                what_missed_its_deadline_expires_instead, next_at_is_the_earliest_due,
                many_lanes_are_one_order
            ],
            settle: [
                complete_keeps_the_result, retry_is_charged_and_waits, snooze_is_refunded,
                hand_back_keeps_the_place, after_the_limit_nothing_starts_it,
                a_predecessors_attempt_cannot_be_settled, a_late_settlement_changes_nothing,
                a_doubled_settlement_changes_nothing, one_refusal_does_not_hold_up_the_others,
                a_result_is_bounded, an_error_is_cut, timed_out_is_final,
                a_cancel_request_is_merged, an_absurd_delay_is_refused
            ],
            worker: [
                a_heartbeat_counts, progress_is_kept_and_fenced, cancel_requests_reach_the_worker,
                a_vanished_worker_costs_a_loss, three_losses_fail_the_task,
                a_lapsed_assignment_costs_nothing, a_renewed_worker_keeps_its_leases,
                taking_back_is_bounded_and_goes_on,
                one_step_takes_back_what_one_claim_hands_out, a_lapsed_worker_is_unknown,
                an_unknown_worker_is_gone, a_worker_registers_again,
                the_life_that_holds_a_task_is_shown, progress_is_moved_into_its_range
            ],
            change: [
                cancel_at_once_or_by_request, retry_puts_back_in_line, a_completed_task_is_final,
                retry_needs_its_unique_key, reprioritise_moves_in_line, reschedule_moves_in_time,
                an_unknown_task_is_not_found, retry_may_bring_another_payload,
                discard_removes_what_has_ended, what_has_not_ended_is_not_discarded,
                a_filter_means_many, a_dry_run_only_counts, a_step_is_bounded_and_goes_on,
                a_step_gives_no_more_payload_than_a_submit,
                one_of_many_gets_the_unique_key, absurd_changes_are_refused
            ],
            queue: [
                settings_are_kept_and_merged, counts_follow_the_states,
                a_queue_is_made_by_its_settings, totals_never_fall, the_oldest_due_is_known,
                absurd_settings_are_refused
            ],
            subject: [
                settings_of_kinds_are_kept_and_merged, settings_of_tenants_are_kept_and_merged,
                absurd_weights_are_refused, records_are_counted_and_come_in_pages,
                a_refused_task_makes_no_records, what_drains_takes_in_nothing_new,
                what_drains_is_worked_off, a_saved_task_comes_back_into_what_drains,
                a_paused_kind_waits, a_filter_means_a_tenant, a_purge_leaves_what_runs
            ],
            limit: [
                a_concurrency_holds_and_comes_back, a_heavy_task_takes_several_slots,
                a_task_needs_all_its_limits,
                a_limit_bounds_what_it_is_attached_to, changes_act_at_once,
                permits_come_back_however_an_attempt_ends, limits_are_listed,
                absurd_limits_are_refused, names_of_limits_come_and_go, limits_survive_a_save,
                who_waits_for_a_permit_is_told, a_paused_tenant_waits
            ],
            attachment: [
                what_is_attached_changes_one_by_one, what_is_attached_is_listed_by_subject,
                what_a_limit_is_attached_to_is_listed_by_subject,
                a_record_names_the_first_of_what_a_limit_is_attached_to
            ],
            rate: [
                a_rate_is_counted_at_the_claim, a_clock_set_back_closes_no_rate,
                a_clock_set_back_a_little_changes_no_rate, a_rate_is_not_prefetched
            ],
            order: [
                an_aging_queue_starves_nobody, a_deadline_queue_runs_by_deadline,
                another_order_moves_those_in_line, tenants_take_turns_by_weight,
                who_was_idle_has_no_credit, turns_are_within_a_priority,
                queues_are_served_by_weight, an_aged_task_is_urgent_beside_other_queues
            ],
            explain: [
                a_life_is_told, what_is_paused_is_named, limits_say_how_far_they_are,
                missing_and_busy_workers_are_told, a_position_is_exact,
                a_start_is_estimated_by_pace, turns_are_counted_in_fair_queues,
                a_long_line_is_estimated, a_queue_is_explained, a_long_queue_is_explained, an_idle_worker_is_explained, crowds_hide_nothing_from_a_worker
            ],
            list: [
                filters_select, times_select, pages_go_down_without_gaps, pages_are_bounded,
                a_brief_list_leaves_the_payloads
            ],
            event: [
                every_change_has_its_event, the_feed_skips_nothing, the_feed_has_an_end,
                a_cursor_behind_the_end_is_of_another_life, attempts_are_told_by_events,
                details_are_kept, events_say_what_they_are_about, events_are_heard_of
            ],
            house: [
                promote_and_expire_in_steps, prune_respects_retention, a_pruned_id_is_free_again,
                sequences_are_never_reused, events_are_forgotten, one_leads_at_a_time, a_clock_set_back_ends_a_lead,
                hints_are_given, a_closed_store_is_unavailable, a_step_of_nothing_does_nothing
            ],
            late: [
                what_waits_too_long_to_end_expires, a_lease_says_when_the_task_must_have_ended,
                what_comes_back_too_late_expires, a_retry_drops_what_has_passed,
                each_alert_is_given_once, what_is_not_late_is_not_told, an_assignment_is_no_start,
                alerts_come_in_bounded_steps, a_retry_drops_the_alerts_that_were_missed,
                nobody_is_told_of_what_is_gone, alerts_survive_saving, what_is_absurd_is_refused
            ],
            save: [
                everything_comes_back, what_was_leased_waits_again,
                what_is_not_due_yet_is_not_in_line, what_is_there_already_is_left,
                keys_and_bounds_hold, nothing_saved_is_believed, pages_are_bounded,
                a_long_history_is_cut, a_restored_history_goes_on,
                what_comes_back_is_pruned_in_time, a_restored_queue_serves
            ],
            room: [
                there_is_no_room_for_more_limits,
                a_batch_makes_no_more_kinds_than_there_is_room_for
            ],
            schedule: [
                what_is_put_is_kept, a_write_expects_what_it_has_read,
                a_removed_schedule_is_gone_for_good, what_is_due_comes_in_order,
                of_two_steps_one_is_made, a_repeated_step_is_one_step,
                a_refused_step_changes_nothing, a_step_calls_off_what_it_displaces,
                a_step_calls_off_nobody_who_stands_for_its_tasks,
                schedules_come_in_pages, absurd_schedules_are_refused, schedules_are_heard_of
            ],
        }
    };
}

/// The tests behind [`conformance!`](crate::conformance).
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_cases {
    ($rig:ident, $($topic:ident: [$($case:ident),* $(,)?]),* $(,)?) => {
        $(mod $topic {
            $(#[tokio::test]
            async fn $case() {
                $crate::testing::$topic::$case(super::$rig().ready().await).await;
            })*
        })*
    };
}
