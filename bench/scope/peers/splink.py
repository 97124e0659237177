"""Links standardised columns with Splink 5 (DuckDB), with the settings that its own guides recommend.

    pip install "splink==5.0.0"
    python bench/scope/peers/splink.py japanese|febrl4|fake1000 DIR

DIR holds left.parquet and right.parquet of standardise.ts; pairs.parquet (unique_id_l, unique_id_r,
match_probability) is written beside them. The times of training and predicting are printed as JSON.
"""

import json
import os
import sys
import time

# The file bears the package's name: without this Python would import itself.
sys.path = [one for one in sys.path if os.path.abspath(one or ".") != os.path.dirname(os.path.abspath(__file__))]

import splink.comparison_library as cl  # noqa: E402
from splink import DuckDBAPI, Linker, SettingsCreator, block_on  # noqa: E402


def japanese():
    # Kanji, kana and Roman letters are one fact written three times, and so are postal code and address: each
    # group is one comparison, as Splink's guide asks for columns that depend on each other.
    null = "(name_l IS NULL OR name_r IS NULL) AND (kana_l IS NULL OR kana_r IS NULL) AND (roman_l IS NULL OR roman_r IS NULL)"
    name = cl.CustomComparison(
        output_column_name="person_name",
        comparison_levels=[
            {"sql_condition": null, "label_for_charts": "missing", "is_null_level": True},
            {"sql_condition": "name_l = name_r AND kana_l = kana_r", "label_for_charts": "kanji and kana"},
            {"sql_condition": "name_l = name_r", "label_for_charts": "kanji"},
            {"sql_condition": "kana_l = kana_r", "label_for_charts": "kana"},
            {"sql_condition": "roman_l = roman_r", "label_for_charts": "Roman"},
            {"sql_condition": "jaro_winkler_similarity(kana_l, kana_r) >= 0.92", "label_for_charts": "kana 0.92"},
            {"sql_condition": "jaro_winkler_similarity(roman_l, roman_r) >= 0.92", "label_for_charts": "Roman 0.92"},
            {"sql_condition": "ELSE", "label_for_charts": "others"},
        ],
    )
    place = cl.CustomComparison(
        output_column_name="place",
        comparison_levels=[
            {
                "sql_condition": "(address_l IS NULL OR address_r IS NULL) AND (postal_code_l IS NULL OR postal_code_r IS NULL)",
                "label_for_charts": "missing",
                "is_null_level": True,
            },
            {"sql_condition": "address_l = address_r", "label_for_charts": "address"},
            {"sql_condition": "postal_code_l = postal_code_r", "label_for_charts": "postal code"},
            {"sql_condition": "ELSE", "label_for_charts": "others"},
        ],
    )
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[
            name,
            cl.DateOfBirthComparison("birth_date", input_is_string=True),
            cl.EmailComparison("email"),
            cl.LevenshteinAtThresholds("phone", [1]),
            place,
            cl.ExactMatch("sex"),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("email"),
            block_on("phone"),
            block_on("kana", "birth_date"),
            block_on("name", "birth_date"),
            block_on("roman", "birth_date"),
            block_on("kana", "postal_code"),
            block_on("name", "postal_code"),
            block_on("birth_date", "postal_code"),
        ],
        retain_matching_columns=False,
    )
    certain = ["l.email = r.email AND l.birth_date = r.birth_date", "l.kana = r.kana AND l.phone = r.phone"]
    return settings, certain, 0.7, [block_on("birth_date", "sex"), block_on("email"), block_on("kana")]


def febrl4():
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[
            cl.NameComparison("given_name").configure(term_frequency_adjustments=True),
            cl.NameComparison("surname").configure(term_frequency_adjustments=True),
            cl.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y%m%d"),
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(term_frequency_adjustments=True),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("given_name", "surname"),
            "l.given_name = r.surname AND l.surname = r.given_name",
            block_on("date_of_birth"),
            block_on("soc_sec_id"),
            block_on("state", "address_1"),
            block_on("street_number", "address_1"),
            block_on("postcode"),
        ],
    )
    certain = [block_on("soc_sec_id"), block_on("given_name", "surname", "date_of_birth")]
    return settings, certain, 0.9, [block_on("date_of_birth"), block_on("postcode")]


def fake1000():
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.NameComparison("first_name").configure(term_frequency_adjustments=True),
            cl.NameComparison("surname").configure(term_frequency_adjustments=True),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
            cl.EmailComparison("email"),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("first_name"),
            block_on("surname"),
            block_on("dob"),
            block_on("email"),
        ],
    )
    certain = [
        block_on("first_name", "dob"),
        "l.email = r.email",
    ]
    return settings, certain, 0.7, [block_on("first_name", "surname"), block_on("dob")]


def main(job, folder):
    settings, certain, recall, training = {"japanese": japanese, "febrl4": febrl4, "fake1000": fake1000}[job]()
    api = DuckDBAPI()
    api.duckdb_con.execute("SET threads = 2")
    sides = ["left"] if job == "fake1000" else ["left", "right"]
    times = {}
    started = time.time()
    tables = [
        api.register(
            api.duckdb_con.sql(f"SELECT * EXCLUDE (truth_id) FROM '{folder}/{side}.parquet'").to_arrow_table(),
            dataset_display_name=f"{side}_side",
        )
        for side in sides
    ]
    linker = Linker(tables, settings)
    linker.training.estimate_probability_two_random_records_match(certain, recall=recall)
    linker.training.estimate_u_using_random_sampling(max_pairs=5e6, seed=2016)
    for rule in training:
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    times["trained"] = round(time.time() - started, 1)
    pairs = linker.inference.predict(threshold_match_probability=0.01)
    times["predicted"] = round(time.time() - started, 1)
    api.duckdb_con.execute(
        f"COPY (SELECT unique_id_l, unique_id_r, match_probability, match_weight FROM {pairs.physical_name}) "
        f"TO '{folder}/pairs.parquet' (FORMAT parquet)"
    )
    times["written"] = round(time.time() - started, 1)
    print(json.dumps({"job": job, "seconds": times}))


main(*sys.argv[1:3])
