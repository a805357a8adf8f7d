CREATE TABLE alert (
    id TEXT NOT NULL,
    subject TEXT NOT NULL,
    occurrence TEXT NOT NULL,
    rule TEXT NOT NULL,
    severity TEXT NOT NULL,
    source TEXT NOT NULL,
    task TEXT,
    benchmark TEXT,
    candidate TEXT,
    metric TEXT,
    run_id TEXT,
    sentence TEXT NOT NULL,
    evidence JSON NOT NULL,
    changes JSON NOT NULL,
    raised_at TIMESTAMP WITH TIME ZONE NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    n_seen BIGINT NOT NULL,
    notified_at TIMESTAMP WITH TIME ZONE,
    acknowledged_at TIMESTAMP WITH TIME ZONE,
    acknowledged_by TEXT,
    note TEXT,
    resolved_at TIMESTAMP WITH TIME ZONE,
    resolution TEXT,
    CONSTRAINT pk_alert PRIMARY KEY (id)
);

CREATE UNIQUE INDEX ix_alert_open ON alert (subject, occurrence) WHERE resolved_at IS NULL;

CREATE INDEX ix_alert_raised_at ON alert (raised_at);

CREATE TABLE alert_silence (
    id BIGSERIAL NOT NULL,
    rule TEXT,
    task TEXT,
    candidate TEXT,
    until TIMESTAMP WITH TIME ZONE NOT NULL,
    reason TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_alert_silence PRIMARY KEY (id)
);

CREATE TABLE api_key (
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    scopes JSON NOT NULL,
    secret_hash TEXT NOT NULL,
    rate TEXT,
    budget JSON,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_api_key PRIMARY KEY (id)
);

CREATE TABLE audit_entry (
    id BIGSERIAL NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    key_id TEXT,
    key_name TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    status BIGINT NOT NULL,
    request_id TEXT NOT NULL,
    CONSTRAINT pk_audit_entry PRIMARY KEY (id)
);

CREATE INDEX ix_audit_entry_at ON audit_entry (at);

CREATE TABLE benchmark (
    id BIGSERIAL NOT NULL,
    version TEXT NOT NULL,
    name TEXT NOT NULL,
    task_type TEXT NOT NULL,
    prompt_system TEXT,
    prompt_template TEXT NOT NULL,
    options JSON NOT NULL,
    metrics JSON NOT NULL,
    headline TEXT NOT NULL,
    description TEXT NOT NULL,
    criteria TEXT NOT NULL,
    licence TEXT NOT NULL,
    source TEXT NOT NULL,
    format TEXT NOT NULL,
    field_use JSON,
    n_cases BIGINT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    saved_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_benchmark PRIMARY KEY (id),
    CONSTRAINT uq_benchmark_version_name UNIQUE (version, name)
);

CREATE INDEX ix_benchmark_name_saved_at ON benchmark (name, saved_at);

CREATE TABLE benchmark_case (
    id BIGSERIAL NOT NULL,
    version TEXT NOT NULL,
    case_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    content_hash TEXT NOT NULL,
    content JSON NOT NULL,
    cluster TEXT,
    CONSTRAINT pk_benchmark_case PRIMARY KEY (id),
    CONSTRAINT uq_benchmark_case_version_case_id UNIQUE (version, case_id)
);

CREATE INDEX ix_benchmark_case_content_hash ON benchmark_case (content_hash);

CREATE INDEX ix_benchmark_case_version_position ON benchmark_case (version, position);

CREATE TABLE corpus_index (
    identity TEXT NOT NULL,
    corpus TEXT NOT NULL,
    n_documents BIGINT NOT NULL,
    n_passages BIGINT NOT NULL,
    chunker TEXT NOT NULL,
    embedder TEXT,
    embedder_digest TEXT,
    dimension BIGINT,
    n_embedded BIGINT,
    embedded_tokens BIGINT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_corpus_index PRIMARY KEY (identity)
);

CREATE TABLE embedding (
    model_key TEXT NOT NULL,
    text_hash TEXT NOT NULL,
    vector BYTEA NOT NULL,
    embedded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_embedding PRIMARY KEY (model_key, text_hash)
);

CREATE TABLE endpoint (
    id BIGSERIAL NOT NULL,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    provider TEXT NOT NULL,
    gpu_tag TEXT,
    slots BIGINT,
    electricity_price DOUBLE PRECISION,
    key_variable TEXT,
    allow_remote BOOLEAN NOT NULL,
    limit_pending BOOLEAN DEFAULT false NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    removed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_endpoint PRIMARY KEY (id),
    CONSTRAINT uq_endpoint_name UNIQUE (name)
);

CREATE TABLE evidence_change (
    id BIGSERIAL NOT NULL,
    n_changes BIGINT NOT NULL,
    CONSTRAINT pk_evidence_change PRIMARY KEY (id)
);

CREATE TABLE experiment (
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    question TEXT NOT NULL,
    description TEXT NOT NULL,
    template JSON,
    tags JSON NOT NULL,
    favourite BOOLEAN NOT NULL,
    archived_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_experiment PRIMARY KEY (id),
    CONSTRAINT uq_experiment_name UNIQUE (name)
);

CREATE TABLE holder (
    id TEXT NOT NULL,
    host TEXT NOT NULL,
    pid BIGINT NOT NULL,
    process_start TEXT,
    lease_ids JSON NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    heartbeat_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    flow_run_id TEXT,
    part TEXT,
    CONSTRAINT pk_holder PRIMARY KEY (id)
);

CREATE TABLE idempotent_request (
    id BIGSERIAL NOT NULL,
    owner TEXT NOT NULL,
    path TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    status BIGINT,
    body TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_idempotent_request PRIMARY KEY (id),
    CONSTRAINT uq_idempotent_request_owner_path_idempotency_key UNIQUE (owner, path, idempotency_key)
);

CREATE INDEX ix_idempotent_request_created_at ON idempotent_request (created_at);

CREATE TABLE invocation (
    id TEXT NOT NULL,
    request JSON NOT NULL,
    code_version TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_invocation PRIMARY KEY (id)
);

CREATE TABLE kept_scoreboard (
    id BIGSERIAL NOT NULL,
    n_changes BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    content BYTEA NOT NULL,
    CONSTRAINT pk_kept_scoreboard PRIMARY KEY (id)
);

CREATE TABLE metric (
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    signature TEXT NOT NULL,
    CONSTRAINT pk_metric PRIMARY KEY (key)
);

CREATE TABLE model (
    id BIGSERIAL NOT NULL,
    name TEXT NOT NULL,
    digest TEXT,
    endpoint_name TEXT,
    family TEXT,
    parameter_size TEXT,
    n_parameters BIGINT,
    quantization TEXT,
    context_length BIGINT,
    size_bytes BIGINT,
    capabilities JSON NOT NULL,
    licence TEXT,
    parameters JSON NOT NULL,
    template TEXT,
    remote_host TEXT,
    first_seen TIMESTAMP WITH TIME ZONE NOT NULL,
    last_seen TIMESTAMP WITH TIME ZONE NOT NULL,
    is_current BOOLEAN NOT NULL,
    retired_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_model PRIMARY KEY (id)
);

CREATE INDEX ix_model_name_digest ON model (name, digest);

CREATE TABLE passage (
    hash TEXT NOT NULL,
    document TEXT NOT NULL,
    position BIGINT NOT NULL,
    page BIGINT,
    text TEXT NOT NULL,
    last_page BIGINT,
    CONSTRAINT pk_passage PRIMARY KEY (hash)
);

CREATE TABLE policy (
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    task TEXT,
    question JSON NOT NULL,
    candidate_key TEXT NOT NULL,
    candidate_label TEXT NOT NULL,
    recommendation_id TEXT,
    budget JSON NOT NULL,
    when_spent TEXT NOT NULL,
    prices JSON,
    keeps_texts BOOLEAN NOT NULL,
    watches_upgrades BOOLEAN NOT NULL,
    margin DOUBLE PRECISION NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_policy PRIMARY KEY (id)
);

CREATE UNIQUE INDEX uq_policy_name ON policy (name) WHERE ended_at IS NULL;

CREATE TABLE profile (
    id BIGSERIAL NOT NULL,
    hash TEXT NOT NULL,
    name TEXT NOT NULL,
    system TEXT,
    template TEXT NOT NULL,
    examples JSON NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    saved_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_profile PRIMARY KEY (id),
    CONSTRAINT uq_profile_hash_name UNIQUE (hash, name)
);

CREATE INDEX ix_profile_name_saved_at ON profile (name, saved_at);

CREATE TABLE recommendation (
    id TEXT NOT NULL,
    task TEXT,
    prompt_hash TEXT,
    prompt TEXT,
    constraints JSON NOT NULL,
    weights JSON NOT NULL,
    on_tie TEXT NOT NULL,
    candidate_key TEXT,
    candidate_label TEXT,
    expected JSON NOT NULL,
    alternatives JSON NOT NULL,
    tied JSON NOT NULL,
    details JSON NOT NULL,
    propensity DOUBLE PRECISION,
    n_cases BIGINT NOT NULL,
    decided_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    evidence_fingerprint TEXT NOT NULL,
    code_version TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    quality DOUBLE PRECISION,
    latency_s DOUBLE PRECISION,
    ok BOOLEAN,
    reported_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_recommendation PRIMARY KEY (id)
);

CREATE INDEX ix_recommendation_created_at ON recommendation (created_at);

CREATE INDEX ix_recommendation_reported ON recommendation (reported_at) WHERE reported_at IS NOT NULL;

CREATE TABLE recovery (
    flow_run_id TEXT NOT NULL,
    n_restarts BIGINT NOT NULL,
    wanted_at TIMESTAMP WITH TIME ZONE,
    claimed_at TIMESTAMP WITH TIME ZONE,
    given_up_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_recovery PRIMARY KEY (flow_run_id)
);

CREATE TABLE review (
    id TEXT NOT NULL,
    benchmark_version TEXT NOT NULL,
    benchmark_name TEXT NOT NULL,
    kind TEXT NOT NULL,
    criteria JSON NOT NULL,
    run_ids JSON NOT NULL,
    headline TEXT,
    request JSON NOT NULL,
    code_version TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_review PRIMARY KEY (id)
);

CREATE INDEX ix_review_created_at ON review (created_at);

CREATE TABLE scoreboard_import (
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    tasks JSON NOT NULL,
    candidates JSON NOT NULL,
    n_cases BIGINT NOT NULL,
    n_rows BIGINT NOT NULL,
    imported_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_scoreboard_import PRIMARY KEY (id)
);

CREATE TABLE selection_model (
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    data_hash TEXT NOT NULL,
    code_version TEXT NOT NULL,
    metrics JSON NOT NULL,
    report JSON NOT NULL,
    estimator BYTEA,
    estimator_sha256 TEXT,
    serving BYTEA,
    serving_sha256 TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_selection_model PRIMARY KEY (id),
    CONSTRAINT uq_selection_model_version UNIQUE (version)
);

CREATE TABLE traffic_import (
    id TEXT NOT NULL,
    source TEXT NOT NULL,
    n_calls BIGINT NOT NULL,
    imported_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_traffic_import PRIMARY KEY (id)
);

CREATE TABLE upgrade (
    id TEXT NOT NULL,
    found_at TIMESTAMP WITH TIME ZONE NOT NULL,
    kind TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    model TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    policy_ids JSON NOT NULL,
    state TEXT NOT NULL,
    verdict TEXT,
    details JSON NOT NULL,
    alert_id TEXT,
    decided_at TIMESTAMP WITH TIME ZONE,
    decided_by TEXT,
    CONSTRAINT pk_upgrade PRIMARY KEY (id),
    CONSTRAINT uq_upgrade_endpoint_model_kind_before_after UNIQUE (endpoint, model, kind, before, after)
);

CREATE INDEX ix_upgrade_found_at ON upgrade (found_at);

CREATE TABLE candidate (
    fingerprint TEXT NOT NULL,
    model TEXT NOT NULL,
    digest TEXT,
    options JSON NOT NULL,
    profile_hash TEXT NOT NULL,
    profile_name TEXT NOT NULL,
    think JSON,
    endpoint_identity TEXT,
    pipeline JSON,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_candidate PRIMARY KEY (fingerprint),
    CONSTRAINT fk_candidate_profile_hash_profile_name_profile FOREIGN KEY(profile_hash, profile_name) REFERENCES profile (hash, name)
);

CREATE TABLE comparison (
    id TEXT NOT NULL,
    experiment_id TEXT,
    benchmark_version TEXT NOT NULL,
    benchmark_name TEXT NOT NULL,
    run_ids JSON NOT NULL,
    request JSON NOT NULL,
    result JSON NOT NULL,
    code_version TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_comparison PRIMARY KEY (id),
    CONSTRAINT fk_comparison_experiment_id_experiment FOREIGN KEY(experiment_id) REFERENCES experiment (id) ON DELETE CASCADE
);

CREATE INDEX ix_comparison_created_at ON comparison (created_at);

CREATE INDEX ix_comparison_experiment_id ON comparison (experiment_id);

CREATE TABLE gpu_sample (
    id BIGSERIAL NOT NULL,
    invocation_id TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    gpu_index BIGINT NOT NULL,
    gpu_name TEXT NOT NULL,
    gpu_uuid TEXT,
    sampled_at TIMESTAMP WITH TIME ZONE NOT NULL,
    utilisation DOUBLE PRECISION,
    memory_used_bytes BIGINT,
    memory_total_bytes BIGINT,
    power_w DOUBLE PRECISION,
    CONSTRAINT pk_gpu_sample PRIMARY KEY (id),
    CONSTRAINT fk_gpu_sample_invocation_id_invocation FOREIGN KEY(invocation_id) REFERENCES invocation (id) ON DELETE CASCADE
);

CREATE INDEX ix_gpu_sample_invocation_id_endpoint_sampled_at ON gpu_sample (invocation_id, endpoint, sampled_at);

CREATE TABLE policy_change (
    id BIGSERIAL NOT NULL,
    policy_id TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    kind TEXT NOT NULL,
    by TEXT NOT NULL,
    details JSON NOT NULL,
    CONSTRAINT pk_policy_change PRIMARY KEY (id),
    CONSTRAINT fk_policy_change_policy_id_policy FOREIGN KEY(policy_id) REFERENCES policy (id) ON DELETE CASCADE
);

CREATE INDEX ix_policy_change_policy_id_at ON policy_change (policy_id, at);

CREATE TABLE promotion (
    id BIGSERIAL NOT NULL,
    model_id TEXT,
    replaces_id BIGINT,
    restores_id BIGINT,
    reason TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_promotion PRIMARY KEY (id),
    CONSTRAINT uq_promotion_replaces_id UNIQUE (replaces_id),
    CONSTRAINT fk_promotion_model_id_selection_model FOREIGN KEY(model_id) REFERENCES selection_model (id) ON DELETE CASCADE,
    CONSTRAINT fk_promotion_replaces_id_promotion FOREIGN KEY(replaces_id) REFERENCES promotion (id),
    CONSTRAINT fk_promotion_restores_id_promotion FOREIGN KEY(restores_id) REFERENCES promotion (id)
);

CREATE TABLE race (
    invocation_id TEXT NOT NULL,
    request JSON NOT NULL,
    result JSON,
    code_version TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_race PRIMARY KEY (invocation_id),
    CONSTRAINT fk_race_invocation_id_invocation FOREIGN KEY(invocation_id) REFERENCES invocation (id) ON DELETE CASCADE
);

CREATE TABLE review_item (
    id BIGSERIAL NOT NULL,
    review_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    case_id TEXT NOT NULL,
    cluster TEXT,
    reason TEXT NOT NULL,
    why TEXT NOT NULL,
    question JSON NOT NULL,
    CONSTRAINT pk_review_item PRIMARY KEY (id),
    CONSTRAINT uq_review_item_review_id_position UNIQUE (review_id, position),
    CONSTRAINT fk_review_item_review_id_review FOREIGN KEY(review_id) REFERENCES review (id) ON DELETE CASCADE
);

CREATE TABLE review_session (
    id TEXT NOT NULL,
    review_id TEXT NOT NULL,
    place TEXT NOT NULL,
    rater TEXT,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_review_session PRIMARY KEY (id),
    CONSTRAINT fk_review_session_review_id_review FOREIGN KEY(review_id) REFERENCES review (id) ON DELETE CASCADE
);

CREATE INDEX ix_review_session_review_id ON review_session (review_id);

CREATE TABLE run (
    id TEXT NOT NULL,
    invocation_id TEXT NOT NULL,
    benchmark_version TEXT NOT NULL,
    benchmark_name TEXT NOT NULL,
    name TEXT NOT NULL,
    seed BIGINT NOT NULL,
    n_repeats BIGINT NOT NULL,
    case_limit BIGINT,
    n_cases BIGINT NOT NULL,
    metrics JSON NOT NULL,
    headline TEXT NOT NULL,
    code_version TEXT NOT NULL,
    tags JSON NOT NULL,
    favourite BOOLEAN NOT NULL,
    status TEXT NOT NULL,
    reason TEXT,
    archived_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_run PRIMARY KEY (id),
    CONSTRAINT fk_run_benchmark FOREIGN KEY(benchmark_version, benchmark_name) REFERENCES benchmark (version, name),
    CONSTRAINT fk_run_invocation_id_invocation FOREIGN KEY(invocation_id) REFERENCES invocation (id) ON DELETE CASCADE
);

CREATE INDEX ix_run_benchmark_version ON run (benchmark_version);

CREATE INDEX ix_run_created_at ON run (created_at);

CREATE INDEX ix_run_invocation_id ON run (invocation_id);

CREATE TABLE scoreboard_case (
    id BIGSERIAL NOT NULL,
    import_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    task TEXT NOT NULL,
    case_id TEXT NOT NULL,
    family TEXT,
    prompt TEXT NOT NULL,
    CONSTRAINT pk_scoreboard_case PRIMARY KEY (id),
    CONSTRAINT uq_scoreboard_case_import_id_position UNIQUE (import_id, position),
    CONSTRAINT fk_scoreboard_case_import_id_scoreboard_import FOREIGN KEY(import_id) REFERENCES scoreboard_import (id) ON DELETE CASCADE
);

CREATE TABLE scoreboard_row (
    id BIGSERIAL NOT NULL,
    import_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    case_position BIGINT NOT NULL,
    candidate_position BIGINT NOT NULL,
    quality DOUBLE PRECISION NOT NULL,
    latency_s DOUBLE PRECISION,
    cost_usd DOUBLE PRECISION,
    energy_j DOUBLE PRECISION,
    memory_gb DOUBLE PRECISION,
    CONSTRAINT pk_scoreboard_row PRIMARY KEY (id),
    CONSTRAINT uq_scoreboard_row_import_id_position UNIQUE (import_id, position),
    CONSTRAINT fk_scoreboard_row_import_id_scoreboard_import FOREIGN KEY(import_id) REFERENCES scoreboard_import (id) ON DELETE CASCADE
);

CREATE TABLE sweep (
    invocation_id TEXT NOT NULL,
    request JSON NOT NULL,
    combinations JSON NOT NULL,
    result JSON,
    code_version TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_sweep PRIMARY KEY (invocation_id),
    CONSTRAINT fk_sweep_invocation_id_invocation FOREIGN KEY(invocation_id) REFERENCES invocation (id) ON DELETE CASCADE
);

CREATE TABLE traffic (
    id BIGSERIAL NOT NULL,
    call_id TEXT NOT NULL,
    import_id TEXT,
    task TEXT NOT NULL,
    candidate TEXT NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    duration_s DOUBLE PRECISION NOT NULL,
    ok BOOLEAN NOT NULL,
    error_type TEXT,
    prompt_tokens BIGINT,
    output_tokens BIGINT,
    input TEXT,
    output TEXT,
    context JSON,
    CONSTRAINT pk_traffic PRIMARY KEY (id),
    CONSTRAINT uq_traffic_call_id UNIQUE (call_id),
    CONSTRAINT fk_traffic_import_id_traffic_import FOREIGN KEY(import_id) REFERENCES traffic_import (id) ON DELETE CASCADE
);

CREATE INDEX ix_traffic_started_at ON traffic (started_at);

CREATE INDEX ix_traffic_task_candidate_started_at ON traffic (task, candidate, started_at);

CREATE TABLE trial (
    id TEXT NOT NULL,
    policy_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    champion_key TEXT NOT NULL,
    champion_label TEXT NOT NULL,
    challenger_key TEXT NOT NULL,
    challenger_label TEXT NOT NULL,
    share DOUBLE PRECISION NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    verdict TEXT,
    details JSON NOT NULL,
    CONSTRAINT pk_trial PRIMARY KEY (id),
    CONSTRAINT fk_trial_policy_id_policy FOREIGN KEY(policy_id) REFERENCES policy (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX uq_trial_policy_id ON trial (policy_id) WHERE ended_at IS NULL;

CREATE TABLE annotation (
    id BIGSERIAL NOT NULL,
    experiment_id TEXT,
    run_id TEXT,
    case_id TEXT,
    fingerprint TEXT,
    comparison_id TEXT,
    author TEXT NOT NULL,
    text TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_annotation PRIMARY KEY (id),
    CONSTRAINT fk_annotation_experiment_id_experiment FOREIGN KEY(experiment_id) REFERENCES experiment (id) ON DELETE CASCADE,
    CONSTRAINT fk_annotation_run_id_run FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE,
    CONSTRAINT fk_annotation_comparison_id_comparison FOREIGN KEY(comparison_id) REFERENCES comparison (id) ON DELETE CASCADE
);

CREATE INDEX ix_annotation_comparison_id ON annotation (comparison_id);

CREATE INDEX ix_annotation_experiment_id ON annotation (experiment_id);

CREATE INDEX ix_annotation_run_id ON annotation (run_id);

CREATE TABLE answer_tag (
    id BIGSERIAL NOT NULL,
    run_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    tag TEXT NOT NULL,
    author TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_answer_tag PRIMARY KEY (id),
    CONSTRAINT uq_answer_tag_run_id_case_id_fingerprint_tag UNIQUE (run_id, case_id, fingerprint, tag),
    CONSTRAINT fk_answer_tag_run_id_run FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
);

CREATE TABLE comparison_pair (
    id BIGSERIAL NOT NULL,
    comparison_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    metric_key TEXT NOT NULL,
    a TEXT NOT NULL,
    b TEXT NOT NULL,
    a_key TEXT NOT NULL,
    b_key TEXT NOT NULL,
    verdict TEXT NOT NULL,
    difference DOUBLE PRECISION,
    low DOUBLE PRECISION,
    high DOUBLE PRECISION,
    p_value DOUBLE PRECISION,
    p_adjusted DOUBLE PRECISION,
    n_pairs BIGINT NOT NULL,
    method TEXT NOT NULL,
    effect_size DOUBLE PRECISION,
    mde DOUBLE PRECISION,
    details JSON NOT NULL,
    CONSTRAINT pk_comparison_pair PRIMARY KEY (id),
    CONSTRAINT uq_comparison_pair_comparison_id_position UNIQUE (comparison_id, position),
    CONSTRAINT fk_comparison_pair_comparison_id_comparison FOREIGN KEY(comparison_id) REFERENCES comparison (id) ON DELETE CASCADE,
    CONSTRAINT fk_comparison_pair_metric_key_metric FOREIGN KEY(metric_key) REFERENCES metric (key) ON DELETE CASCADE
);

CREATE INDEX ix_comparison_pair_a_key_b_key_metric_key ON comparison_pair (a_key, b_key, metric_key);

CREATE TABLE experiment_run (
    id BIGSERIAL NOT NULL,
    experiment_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    added_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_experiment_run PRIMARY KEY (id),
    CONSTRAINT uq_experiment_run_experiment_id_run_id UNIQUE (experiment_id, run_id),
    CONSTRAINT fk_experiment_run_experiment_id_experiment FOREIGN KEY(experiment_id) REFERENCES experiment (id) ON DELETE CASCADE,
    CONSTRAINT fk_experiment_run_run_id_run FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
);

CREATE INDEX ix_experiment_run_run_id ON experiment_run (run_id);

CREATE TABLE holder_run (
    id BIGSERIAL NOT NULL,
    holder_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    CONSTRAINT pk_holder_run PRIMARY KEY (id),
    CONSTRAINT uq_holder_run_run_id_holder_id UNIQUE (run_id, holder_id),
    CONSTRAINT fk_holder_run_holder_id_holder FOREIGN KEY(holder_id) REFERENCES holder (id) ON DELETE CASCADE,
    CONSTRAINT fk_holder_run_run_id_run FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
);

CREATE INDEX ix_holder_run_holder_id ON holder_run (holder_id);

CREATE TABLE kept_reading (
    run_id TEXT NOT NULL,
    name TEXT NOT NULL,
    token TEXT NOT NULL,
    made_by TEXT NOT NULL,
    content BYTEA NOT NULL,
    CONSTRAINT pk_kept_reading PRIMARY KEY (run_id, name),
    CONSTRAINT fk_kept_reading_run_id_run FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
);

CREATE TABLE race_decision (
    id BIGSERIAL NOT NULL,
    invocation_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    look BIGINT NOT NULL,
    candidate_fingerprint TEXT NOT NULL,
    label TEXT NOT NULL,
    decision TEXT NOT NULL,
    n_cases BIGINT NOT NULL,
    reason TEXT NOT NULL,
    evidence JSON NOT NULL,
    decided_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_race_decision PRIMARY KEY (id),
    CONSTRAINT uq_race_decision_invocation_id_position UNIQUE (invocation_id, position),
    CONSTRAINT fk_race_decision_invocation_id_race FOREIGN KEY(invocation_id) REFERENCES race (invocation_id) ON DELETE CASCADE
);

CREATE TABLE rating (
    id BIGSERIAL NOT NULL,
    item_id BIGINT NOT NULL,
    session_id TEXT NOT NULL,
    rater TEXT NOT NULL,
    grades JSON,
    preferred BIGINT,
    notes TEXT NOT NULL,
    rated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_rating PRIMARY KEY (id),
    CONSTRAINT uq_rating_item_id_rater UNIQUE (item_id, rater),
    CONSTRAINT fk_rating_item_id_review_item FOREIGN KEY(item_id) REFERENCES review_item (id) ON DELETE CASCADE,
    CONSTRAINT fk_rating_session_id_review_session FOREIGN KEY(session_id) REFERENCES review_session (id) ON DELETE CASCADE
);

CREATE INDEX ix_rating_session_id ON rating (session_id);

CREATE TABLE review_output (
    id BIGSERIAL NOT NULL,
    item_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    candidate TEXT NOT NULL,
    run_id TEXT NOT NULL,
    generation_id BIGINT NOT NULL,
    answer TEXT NOT NULL,
    total_s DOUBLE PRECISION,
    CONSTRAINT pk_review_output PRIMARY KEY (id),
    CONSTRAINT uq_review_output_item_id_position UNIQUE (item_id, position),
    CONSTRAINT fk_review_output_item_id_review_item FOREIGN KEY(item_id) REFERENCES review_item (id) ON DELETE CASCADE
);

CREATE TABLE run_candidate (
    id BIGSERIAL NOT NULL,
    run_id TEXT NOT NULL,
    candidate_fingerprint TEXT NOT NULL,
    label TEXT NOT NULL,
    model_name TEXT NOT NULL,
    digest TEXT,
    endpoint_name TEXT NOT NULL,
    endpoint_url TEXT NOT NULL,
    provider TEXT NOT NULL,
    server_version TEXT,
    options JSON NOT NULL,
    slots BIGINT NOT NULL,
    details JSON NOT NULL,
    status TEXT NOT NULL,
    given_up_reason TEXT,
    started_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_run_candidate PRIMARY KEY (id),
    CONSTRAINT uq_run_candidate_run_id_candidate_fingerprint UNIQUE (run_id, candidate_fingerprint),
    CONSTRAINT fk_run_candidate_run_id_run FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE,
    CONSTRAINT fk_run_candidate_candidate_fingerprint_candidate FOREIGN KEY(candidate_fingerprint) REFERENCES candidate (fingerprint)
);

CREATE INDEX ix_run_candidate_candidate_fingerprint ON run_candidate (candidate_fingerprint);

CREATE TABLE run_case (
    run_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    case_id TEXT NOT NULL,
    CONSTRAINT pk_run_case PRIMARY KEY (run_id, position),
    CONSTRAINT uq_run_case_run_id_case_id UNIQUE (run_id, case_id),
    CONSTRAINT fk_run_case_run_id_run FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
);

CREATE TABLE run_flow (
    id BIGSERIAL NOT NULL,
    run_id TEXT NOT NULL,
    flow_run_id TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_run_flow PRIMARY KEY (id),
    CONSTRAINT uq_run_flow_run_id_flow_run_id UNIQUE (run_id, flow_run_id),
    CONSTRAINT fk_run_flow_run_id_run FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
);

CREATE INDEX ix_run_flow_flow_run_id ON run_flow (flow_run_id);

CREATE TABLE run_state (
    run_id TEXT NOT NULL,
    token TEXT NOT NULL,
    settled_at BIGINT,
    CONSTRAINT pk_run_state PRIMARY KEY (run_id),
    CONSTRAINT fk_run_state_run_id_run FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
);

CREATE TABLE served_call (
    traffic_id BIGINT NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    endpoint TEXT,
    candidate_key TEXT,
    policy_id TEXT,
    key_id TEXT,
    recommendation_id TEXT,
    trial_id TEXT,
    is_challenger BOOLEAN NOT NULL,
    is_shadow BOOLEAN NOT NULL,
    conversation TEXT,
    prompt_hash TEXT,
    prompt_characters BIGINT,
    first_token_s DOUBLE PRECISION,
    tokens BIGINT NOT NULL,
    gpu_s DOUBLE PRECISION NOT NULL,
    joules DOUBLE PRECISION NOT NULL,
    usd DOUBLE PRECISION NOT NULL,
    CONSTRAINT pk_served_call PRIMARY KEY (traffic_id),
    CONSTRAINT fk_served_call_traffic_id_traffic FOREIGN KEY(traffic_id) REFERENCES traffic (id) ON DELETE CASCADE
);

CREATE INDEX ix_served_call_key_id_started_at ON served_call (key_id, started_at);

CREATE INDEX ix_served_call_policy_id_started_at ON served_call (policy_id, started_at);

CREATE INDEX ix_served_call_trial_id_started_at ON served_call (trial_id, started_at);

CREATE TABLE traffic_grade (
    id BIGSERIAL NOT NULL,
    traffic_id BIGINT NOT NULL,
    metric_key TEXT NOT NULL,
    value DOUBLE PRECISION,
    label TEXT,
    rationale TEXT,
    failure_kind TEXT,
    failure_message TEXT,
    scorer_version TEXT NOT NULL,
    flow_run_id TEXT NOT NULL,
    graded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_traffic_grade PRIMARY KEY (id),
    CONSTRAINT uq_traffic_grade_traffic_id_metric_key UNIQUE (traffic_id, metric_key),
    CONSTRAINT fk_traffic_grade_traffic_id_traffic FOREIGN KEY(traffic_id) REFERENCES traffic (id) ON DELETE CASCADE,
    CONSTRAINT fk_traffic_grade_metric_key_metric FOREIGN KEY(metric_key) REFERENCES metric (key) ON DELETE CASCADE
);

CREATE INDEX ix_traffic_grade_metric_key ON traffic_grade (metric_key);

CREATE TABLE traffic_stage (
    id BIGSERIAL NOT NULL,
    traffic_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    duration_s DOUBLE PRECISION NOT NULL,
    n_tokens BIGINT,
    CONSTRAINT pk_traffic_stage PRIMARY KEY (id),
    CONSTRAINT uq_traffic_stage_traffic_id_position UNIQUE (traffic_id, position),
    CONSTRAINT fk_traffic_stage_traffic_id_traffic FOREIGN KEY(traffic_id) REFERENCES traffic (id) ON DELETE CASCADE
);

CREATE TABLE estimate (
    id BIGSERIAL NOT NULL,
    run_candidate_id BIGINT NOT NULL,
    metric_key TEXT NOT NULL,
    quantity TEXT NOT NULL,
    value DOUBLE PRECISION NOT NULL,
    low DOUBLE PRECISION,
    high DOUBLE PRECISION,
    n_cases BIGINT NOT NULL,
    method TEXT NOT NULL,
    confidence_level DOUBLE PRECISION NOT NULL,
    details JSON NOT NULL,
    estimated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_estimate PRIMARY KEY (id),
    CONSTRAINT uq_estimate_run_candidate_id_metric_key_quantity UNIQUE (run_candidate_id, metric_key, quantity),
    CONSTRAINT fk_estimate_run_candidate_id_run_candidate FOREIGN KEY(run_candidate_id) REFERENCES run_candidate (id) ON DELETE CASCADE,
    CONSTRAINT fk_estimate_metric_key_metric FOREIGN KEY(metric_key) REFERENCES metric (key) ON DELETE CASCADE
);

CREATE INDEX ix_estimate_metric_key ON estimate (metric_key);

CREATE TABLE generation (
    id BIGSERIAL NOT NULL,
    run_candidate_id BIGINT NOT NULL,
    case_id TEXT NOT NULL,
    repeat BIGINT NOT NULL,
    failure_kind TEXT,
    own_failure TEXT,
    message TEXT,
    text TEXT,
    answer TEXT,
    thinking TEXT,
    finish_reason TEXT,
    prompt_tokens BIGINT,
    output_tokens BIGINT,
    cached_tokens BIGINT,
    total_s DOUBLE PRECISION,
    ttft_s DOUBLE PRECISION,
    queue_s DOUBLE PRECISION,
    load_s DOUBLE PRECISION,
    prompt_s DOUBLE PRECISION,
    generate_s DOUBLE PRECISION,
    cold BOOLEAN NOT NULL,
    reused BOOLEAN NOT NULL,
    prompt_state TEXT,
    n_attempts BIGINT NOT NULL,
    seed BIGINT,
    endpoint TEXT NOT NULL,
    effective_context BIGINT,
    vram_share DOUBLE PRECISION,
    energy_j DOUBLE PRECISION,
    started_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_generation PRIMARY KEY (id),
    CONSTRAINT uq_generation_run_candidate_id_case_id_repeat UNIQUE (run_candidate_id, case_id, repeat),
    CONSTRAINT fk_generation_run_candidate_id_run_candidate FOREIGN KEY(run_candidate_id) REFERENCES run_candidate (id) ON DELETE CASCADE
);

CREATE INDEX ix_generation_failed ON generation (run_candidate_id, id) WHERE failure_kind IS NOT NULL;

CREATE INDEX ix_generation_failed_case ON generation (run_candidate_id, case_id) WHERE failure_kind IS NOT NULL;

CREATE INDEX ix_generation_figures ON generation (run_candidate_id, id, case_id, total_s, load_s, cold, reused, prompt_tokens, output_tokens, energy_j, prompt_state);

CREATE INDEX ix_generation_run_candidate_id_failure_kind_own_failure ON generation (run_candidate_id, failure_kind, own_failure);

CREATE INDEX ix_generation_run_candidate_id_reused_vram_share ON generation (run_candidate_id, reused, vram_share);

CREATE TABLE monitor_look (
    run_candidate_id BIGINT NOT NULL,
    quality JSON,
    looked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_monitor_look PRIMARY KEY (run_candidate_id),
    CONSTRAINT fk_monitor_look_run_candidate_id_run_candidate FOREIGN KEY(run_candidate_id) REFERENCES run_candidate (id) ON DELETE CASCADE
);

CREATE TABLE stage (
    id BIGSERIAL NOT NULL,
    run_candidate_id BIGINT NOT NULL,
    case_id TEXT NOT NULL,
    repeat BIGINT NOT NULL,
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    model TEXT,
    digest TEXT,
    endpoint TEXT,
    own_failure TEXT,
    message TEXT,
    text TEXT,
    answer TEXT,
    thinking TEXT,
    reply JSON,
    mean_logprob DOUBLE PRECISION,
    finish_reason TEXT,
    prompt_tokens BIGINT,
    output_tokens BIGINT,
    cached_tokens BIGINT,
    total_s DOUBLE PRECISION,
    ttft_s DOUBLE PRECISION,
    queue_s DOUBLE PRECISION,
    load_s DOUBLE PRECISION,
    prompt_s DOUBLE PRECISION,
    generate_s DOUBLE PRECISION,
    cold BOOLEAN NOT NULL,
    reused BOOLEAN NOT NULL,
    prompt_state TEXT,
    n_attempts BIGINT NOT NULL,
    seed BIGINT,
    energy_j DOUBLE PRECISION,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_stage PRIMARY KEY (id),
    CONSTRAINT uq_stage_run_candidate_id_case_id_repeat_name UNIQUE (run_candidate_id, case_id, repeat, name),
    CONSTRAINT fk_stage_run_candidate_id_run_candidate FOREIGN KEY(run_candidate_id) REFERENCES run_candidate (id) ON DELETE CASCADE
);

CREATE TABLE score (
    id BIGSERIAL NOT NULL,
    generation_id BIGINT NOT NULL,
    metric_key TEXT NOT NULL,
    value DOUBLE PRECISION NOT NULL,
    label TEXT,
    rationale TEXT,
    evidence JSON NOT NULL,
    scorer_version TEXT NOT NULL,
    scored_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_score PRIMARY KEY (id),
    CONSTRAINT uq_score_generation_id_metric_key UNIQUE (generation_id, metric_key),
    CONSTRAINT fk_score_generation_id_generation FOREIGN KEY(generation_id) REFERENCES generation (id) ON DELETE CASCADE,
    CONSTRAINT fk_score_metric_key_metric FOREIGN KEY(metric_key) REFERENCES metric (key) ON DELETE CASCADE
);

CREATE INDEX ix_score_generation_id_metric_key_value ON score (generation_id, metric_key, value);

CREATE TABLE score_failure (
    id BIGSERIAL NOT NULL,
    generation_id BIGINT NOT NULL,
    metric_key TEXT NOT NULL,
    kind TEXT NOT NULL,
    message TEXT NOT NULL,
    scorer_version TEXT NOT NULL,
    failed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_score_failure PRIMARY KEY (id),
    CONSTRAINT uq_score_failure_generation_id_metric_key UNIQUE (generation_id, metric_key),
    CONSTRAINT fk_score_failure_generation_id_generation FOREIGN KEY(generation_id) REFERENCES generation (id) ON DELETE CASCADE,
    CONSTRAINT fk_score_failure_metric_key_metric FOREIGN KEY(metric_key) REFERENCES metric (key) ON DELETE CASCADE
);

CREATE TABLE trace (
    generation_id BIGINT NOT NULL,
    confidence DOUBLE PRECISION,
    sources JSON,
    wait_s DOUBLE PRECISION,
    notes JSON NOT NULL,
    CONSTRAINT pk_trace PRIMARY KEY (generation_id),
    CONSTRAINT fk_trace_generation_id_generation FOREIGN KEY(generation_id) REFERENCES generation (id) ON DELETE CASCADE
);

CREATE TABLE benchwright_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT benchwright_version_pkc PRIMARY KEY (version_num)
);

INSERT INTO benchwright_version (version_num) VALUES ('0022');
