"""Faults of requests that must be refused, and of imports that fail."""

from __future__ import annotations

from lab.faults.bugs import in_glance

last_copy_deletable = in_glance("last-copy-deletable")
unknown_method_accepted = in_glance("unknown-method-accepted")
unknown_store_accepted = in_glance("unknown-store-accepted")
refusal_leaves_traces = in_glance("refusal-leaves-traces")
failed_import_leaves_data = in_glance("failed-import-leaves-data")
failed_import_stays_importing = in_glance("failed-import-stays-importing")
failed_import_reports_success = in_glance("failed-import-reports-success")
