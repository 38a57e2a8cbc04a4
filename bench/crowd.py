"""Fills a rating form with very many points, graded at random by one, three or a hundred shares; for benches and tests.

Inside a transaction that the caller rolls back: no bureau has a form like that.
"""

import pgtrigger
from django.db import connection

from assessments.models import Dossier
from assessments.schemes import SIX


def crowd(dossier: Dossier, *, number: int) -> None:
    """So many rated points more."""
    codes = [item["code"] for item in SIX]
    with pgtrigger.ignore(), connection.cursor() as cursor:
        # the web's role cannot silence the history, and writing so much of it takes longer than a page may
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(_POINTS, [dossier.bureau_id, dossier.table_id, number])
        cursor.execute(_RATINGS, [dossier.bureau_id, dossier.pk, codes, dossier.table_id])
        cursor.execute("ANALYZE assessments_rating, registers_riskpoint")


_POINTS = """
INSERT INTO registers_riskpoint (id, bureau_id, table_id, "order", version, power, risk_type, name, manifestation,
    responsible, ways, change, leader)
SELECT gen_random_uuid(), %s, %s, n %% 30000, 1, '', 'duty', '众多', '', '', '{}', 'new', ''
FROM generate_series(1, %s) n
"""
_RATINGS = """
INSERT INTO assessments_rating (id, bureau_id, dossier_id, point_id, version, grades, reasons, score, rank, summed,
    divisor, reviewed_reason)
SELECT gen_random_uuid(), %s, %s, drawn.id, 1, '{}', '{}', 50, 3,
       (SELECT jsonb_object_agg(code, divisor + floor(random() * (4 * divisor + 1)))
        FROM unnest(%s::text[]) code WHERE drawn.id IS NOT NULL), divisor, ''
FROM (
    SELECT id, (ARRAY[1, 3, 100])[1 + floor(random() * 3)::int] AS divisor
    FROM registers_riskpoint WHERE table_id = %s AND name = '众多' OFFSET 0
) drawn
"""
