//! The eight documented errors, and the choices where the document is silent about them.

use serde_json::{Value, json};

use super::harness::{Bench, POPUP, TOKEN, documented_order, order_with, seconds};
use crate::formcall::{ErrorCode, ErrorQuotes, ErrorStatus, Fault, RequestOutcome, SpamFilter, TokenCheck};

/// Sends an order and checks that it is refused with this error, in the documented form, and that nothing is placed.
async fn refused(bench: &Bench, order: &Value, error: ErrorCode) {
    let (status, body) = bench.order(order).await;
    let body: Value = serde_json::from_str(&body).unwrap();
    let expected = json!({"success": false, "error_code": error.number(), "error_msg": error.message()});
    assert_eq!((status, body), (200, expected), "{order}");
    assert_eq!(bench.outcome(), RequestOutcome::Refused(error));
    assert!(bench.sim.ledger().calls.is_empty(), "{order}");
}

#[tokio::test]
async fn the_errors_have_the_documents_numbers_and_words() {
    let listed: Vec<_> = ErrorCode::ALL.map(|error| format!("{}. {}", error.number(), error.message())).to_vec();
    let documented = [
        "1. Invalid phone number",
        "2. Popup not in service hours",
        "3. Call origination failed",
        "4. Popup not found",
        "5. Country not found",
        "6. Wrong parameters",
        "7. Security Token Missing",
        "8. Invalid Security Token",
    ];
    assert_eq!(listed, documented);
}

#[tokio::test]
async fn parts_that_make_no_number_of_the_country_are_error_1() {
    let bench = Bench::new().await;
    for (area, number) in [
        ("9", "5631128"),
        ("9", "563112834"),
        ("9", "5631-1283"),
        ("+9", "56311283"),
        ("9", " 56311283"),
        ("9", ""),
        ("", ""),
        ("09", "56311283"),
        ("569", "56311283"),
        ("9", "٥٦٣١١٢٨٣"),
    ] {
        refused(&bench, &order_with(json!({"areacode": area, "phonenumber": number})), ErrorCode::InvalidPhoneNumber)
            .await;
    }
}

#[tokio::test]
async fn a_popup_outside_its_service_hours_is_error_2() {
    let bench = Bench::new().await;
    assert!(bench.sim.close_popup(POPUP));
    refused(&bench, &documented_order(), ErrorCode::PopupNotInServiceHours).await;
    assert!(bench.sim.open_popup(POPUP));
    bench.place(&documented_order()).await;
}

#[tokio::test]
async fn a_call_that_cannot_be_placed_is_error_3() {
    let bench = Bench::new().await;
    bench.sim.faults().next(Fault::OriginationFailed);
    refused(&bench, &documented_order(), ErrorCode::CallOriginationFailed).await;
}

#[tokio::test]
async fn a_number_asked_for_too_often_is_error_3_until_the_window_has_passed() {
    let window = seconds(600);
    let bench = Bench::with(|config| config.spam_filter = Some(SpamFilter { calls: 2, window })).await;
    let other = order_with(json!({"phonenumber": "56311284"}));
    bench.place(&documented_order()).await;
    bench.clock.advance(seconds(300));
    bench.place(&documented_order()).await;
    let (_, body) = bench.order(&documented_order()).await;
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["error_code"], 3);
    bench.place(&other).await;
    bench.clock.advance(seconds(300));
    // The first order has left the window, and the refused one never counted.
    bench.place(&documented_order()).await;
    assert_eq!(bench.sim.ledger().calls.len(), 4);
}

#[tokio::test]
async fn an_unknown_popup_is_error_4() {
    let bench = Bench::new().await;
    for popup in ["", "e5c98214-d0f6-11e1-8c30-001d09ef4a25", "E5C98214-D0F6-11E1-8C30-001D09EF4A24"] {
        refused(&bench, &order_with(json!({"popup_uuid": popup})), ErrorCode::PopupNotFound).await;
    }
}

#[tokio::test]
async fn a_calling_code_of_no_country_is_error_5() {
    let bench = Bench::new().await;
    for country in ["", "0", "999", "+56", "056", "CL", "5699999999999"] {
        refused(&bench, &order_with(json!({"country_code": country})), ErrorCode::CountryNotFound).await;
    }
}

#[tokio::test]
async fn a_body_in_another_form_is_error_6() {
    let bench = Bench::new().await;
    for change in [
        json!({"popup_uuid": null}),
        json!({"phonenumber": null}),
        json!({"areacode": null}),
        json!({"country_code": null}),
        json!({"phonenumber": 56_311_283}),
        json!({"country_code": 56}),
        json!({"adicional": {"Nombre": 1}}),
        json!({"adicional": "Juan"}),
        json!({"phone_number": "56311283"}),
        json!({"security_token": 1}),
    ] {
        refused(&bench, &order_with(change), ErrorCode::WrongParameters).await;
    }
    for body in [json!([]), json!("text"), json!({"adicional": null, "security_token": TOKEN})] {
        refused(&bench, &body, ErrorCode::WrongParameters).await;
    }
}

#[tokio::test]
async fn what_is_no_json_or_repeats_a_field_is_error_6() {
    let bench = Bench::new().await;
    let repeated = documented_order().to_string().replacen('{', r#"{"areacode":"9","#, 1);
    for body in [String::new(), "{".to_owned(), "popup_uuid=1".to_owned(), repeated] {
        let (_, answer) = bench.post("application/json", body.clone()).await.unwrap().unwrap();
        assert_eq!(serde_json::from_str::<Value>(&answer).unwrap()["error_code"], 6, "{body}");
    }
}

#[tokio::test]
async fn another_content_type_is_error_6() {
    let bench = Bench::new().await;
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-8", ""] {
        let order = documented_order().to_string();
        let (_, answer) = bench.post(content_type, order).await.unwrap().unwrap();
        assert_eq!(serde_json::from_str::<Value>(&answer).unwrap()["error_code"], 6, "{content_type}");
    }
    assert!(bench.sim.ledger().calls.is_empty());
}

#[tokio::test]
async fn no_token_or_an_empty_one_is_error_7() {
    let bench = Bench::new().await;
    for token in [json!({"security_token": null}), json!({"security_token": ""})] {
        refused(&bench, &order_with(token), ErrorCode::SecurityTokenMissing).await;
        assert_eq!(bench.sim.ledger().requests.last().unwrap().token, TokenCheck::Missing);
    }
}

#[tokio::test]
async fn a_wrong_token_is_error_8_and_so_is_a_replaced_one() {
    let bench = Bench::new().await;
    refused(&bench, &order_with(json!({"security_token": TOKEN.to_lowercase()})), ErrorCode::InvalidSecurityToken)
        .await;
    assert_eq!(bench.sim.ledger().requests[0].token, TokenCheck::Wrong);
    bench.sim.replace_security_token("new");
    refused(&bench, &documented_order(), ErrorCode::InvalidSecurityToken).await;
    bench.place(&order_with(json!({"security_token": "new"}))).await;
}

#[tokio::test]
async fn who_has_not_the_token_learns_nothing_about_the_account() {
    let bench = Bench::new().await;
    let order = json!({"popup_uuid": "unknown", "country_code": "999", "security_token": "guess"});
    refused(&bench, &order, ErrorCode::InvalidSecurityToken).await;
}

#[tokio::test]
async fn errors_may_come_with_an_http_status_of_their_own() {
    let bench = Bench::with(|config| config.error_status = ErrorStatus::ByError).await;
    for (change, status) in [
        (json!({"phonenumber": "1"}), 400),
        (json!({"security_token": null}), 401),
        (json!({"security_token": "guess"}), 403),
        (json!({"popup_uuid": "unknown"}), 404),
    ] {
        assert_eq!(bench.order(&order_with(change)).await.0, status);
    }
    assert_eq!(bench.list_later("", None).await.unwrap().unwrap().0, 401);
}

#[tokio::test]
async fn errors_may_be_written_with_the_quotes_of_the_documents_example() {
    let bench = Bench::with(|config| config.error_quotes = ErrorQuotes::AsInTheDocument).await;
    let (_, body) = bench.order(&order_with(json!({"phonenumber": "1"}))).await;
    assert_eq!(body, "{«success»:false,»error_code»: 1,»error_msg»:»Invalid phone number»}");
    let (_, body) = bench.order(&documented_order()).await;
    assert!(body.starts_with(r#"{"success":true,"#), "only errors are broken in the document: {body}");
}
