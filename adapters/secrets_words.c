/* What no secret can be taken for. */
#include "adapters/secrets.h"

/* The program's name, which begins the keys of deliveries and the log's name; and of the names that it writes into events,
 * contents, views and documents those that are long enough to be looked for and stand within no other. A test compares. */
static const char own[] =
    "congkhai abolished accepted addresses announced announcement answer_digest approval-founded "
    "approval-lapsed approval-recovered approved attempted audit_current audit_deliveries "
    "audit_events audit_fields audit_orders audit_records audit_rejections audit_runs audit_versions "
    "between_agencies brake-released broken_off changed_since clock_went_back_at_run commands_since "
    "competent_agencies conditions config_digest configuration conflicts content_digest "
    "coordinating_agencies copy-failed currency deadlines decision definition department dismissed "
    "district duration effective_on error_hint error_id examples_failed examples_passed "
    "executing_agencies failed_examples findings finished_at first_run forgotten from_event from_run "
    "full_online_eligible http_status idempotency_key in_force intended internal_group issued_on "
    "kept_back known_at known_there last_run ledger_holds legal_bases lies_ahead migrated ministry "
    "missing_there not_compared not_proven not_whole online_service only_there operator order-ended "
    "originals outcomes overwrite-ordered overwrites payloads plan-sent portal_digest portal_version "
    "procedure proposed province provision published_at recalled reconciled recoveries recovers "
    "refreshed rejected replaced replaces requests restored rests_on returned revoked_digest "
    "rules_digest run-finished run-started schema_before send-back sent-back sent_back sentence "
    "services severity shortened shown_there signature_digest signed_heads signed_on since_run "
    "source_digest source_key source_run sources_configured standing started_at state_digest "
    "state_form subjects taken_up territorial text_digest time_limit tree_size unchanged unsealed "
    "unsubmitted warnings whole_at withdrawal-ordered withdrawn withheld within_agency "
    "without_record working_day worst_exit_code worst_run worst_why";

bool secrets_is_own_word(struct text text)
{
    size_t at;
    return text_find(text_of(own), text, &at);
}
