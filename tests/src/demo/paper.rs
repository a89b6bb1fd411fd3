//! What is on paper in the office of the whole day: dispositions, fields, who the contacts are beside their numbers, and
//! what the agent writes; in the language of the screens.

use serde_json::{Value, json};
use timbre_domain::texts::Language;
use timbre_simulator::crm::Crm;

use super::cast::Person;
use super::office::disposition;
use super::stage::ENDPOINT;

/// Names of the organisation's fields, dispositions and words, in one language.
pub(super) struct Paper {
    pub(super) id_field: &'static str,
    pub(super) plan_field: &'static str,
    pub(super) plan: &'static str,
    /// Who calls are made as: openly, and withheld.
    identities: [&'static str; 2],
    pub(super) sale_comment: &'static str,
    pub(super) sale_charge: &'static str,
    pub(super) question_comment: &'static str,
    pub(super) newcomer: &'static str,
    pub(super) newcomer_company: &'static str,
    pub(super) newcomer_comment: &'static str,
    pub(super) dialled_comment: &'static str,
    pub(super) typed_elsewhere: &'static str,
    /// Comment, charge and follow-up of earlier days.
    pub(super) past: [(&'static str, &'static str, &'static str); 3],
    /// Code, name, what it stands under, what else the settings say.
    dispositions: [(&'static str, &'static str, &'static str, &'static str); 8],
}

const ES: Paper = Paper {
    id_field: "cédula",
    plan_field: "plan",
    plan: "Oro anual",
    identities: ["Ventas", "Cobros, oculto"],
    sale_comment: "Renueva el plan Oro por un año; factura a nombre de la empresa.",
    sale_charge: "Renovación",
    question_comment: "Pregunta por el horario del sábado.",
    newcomer: "Gabriela Chaves",
    newcomer_company: "Panadería El Trigo",
    newcomer_comment: "Quiere una cotización para tres sucursales.",
    dialled_comment: "Recibió la cotización; decide el lunes.",
    typed_elsewhere: "Le confirmo la entrega del pedido 4471 para el lunes",
    past: [
        ("consulta", "Pidió el estado de cuenta.", ""),
        ("venta-contado", "Compró dos cajas de tóner.", "18500 CRC Tóner"),
        ("luego", "Quedó en pensarlo hasta fin de mes.", ""),
    ],
    dispositions: [
        ("venta", "Venta", "", "requires = [\"comment\"]"),
        ("venta-contado", "De contado", "venta", ""),
        ("venta-credito", "A crédito", "venta", "requires = [\"follow_up\"]"),
        ("consulta", "Consulta", "", ""),
        ("luego", "Llamar luego", "", "follow_up_after_days = 2"),
        ("reclamo", "Reclamo", "", ""),
        ("reclamo-factura", "Factura", "reclamo", ""),
        ("reclamo-entrega", "Entrega", "reclamo", ""),
    ],
};

const EN: Paper = Paper {
    id_field: "customer no.",
    plan_field: "plan",
    plan: "Gold, yearly",
    identities: ["Sales", "Collections, withheld"],
    sale_comment: "Renews the Gold plan for a year; invoice to the company.",
    sale_charge: "Renewal",
    question_comment: "Asks for the opening hours on Saturday.",
    newcomer: "Gabriela Chaves",
    newcomer_company: "El Trigo Bakery",
    newcomer_comment: "Wants a quote for three branches.",
    dialled_comment: "Has the quote; decides on Monday.",
    typed_elsewhere: "I can confirm that order 4471 will be delivered on Monday",
    past: [
        ("consulta", "Asked for a statement of account.", ""),
        ("venta-contado", "Bought two boxes of toner.", "18500 CRC Toner"),
        ("luego", "Will think about it until the end of the month.", ""),
    ],
    dispositions: [
        ("venta", "Sale", "", "requires = [\"comment\"]"),
        ("venta-contado", "Paid at once", "venta", ""),
        ("venta-credito", "On credit", "venta", "requires = [\"follow_up\"]"),
        ("consulta", "Question", "", ""),
        ("luego", "Call later", "", "follow_up_after_days = 2"),
        ("reclamo", "Complaint", "", ""),
        ("reclamo-factura", "Invoice", "reclamo", ""),
        ("reclamo-entrega", "Delivery", "reclamo", ""),
    ],
};

const PT: Paper = Paper {
    id_field: "CPF",
    plan_field: "plano",
    plan: "Ouro anual",
    identities: ["Vendas", "Cobrança, oculto"],
    sale_comment: "Renova o plano Ouro por um ano; nota fiscal em nome da empresa.",
    sale_charge: "Renovação",
    question_comment: "Pergunta pelo horário de sábado.",
    newcomer: "Gabriela Chaves",
    newcomer_company: "Padaria El Trigo",
    newcomer_comment: "Quer um orçamento para três filiais.",
    dialled_comment: "Recebeu o orçamento; decide na segunda.",
    typed_elsewhere: "Confirmo a entrega do pedido 4471 para segunda-feira",
    past: [
        ("consulta", "Pediu o extrato da conta.", ""),
        ("venta-contado", "Comprou duas caixas de toner.", "18500 CRC Toner"),
        ("luego", "Ficou de pensar até o fim do mês.", ""),
    ],
    dispositions: [
        ("venta", "Venda", "", "requires = [\"comment\"]"),
        ("venta-contado", "À vista", "venta", ""),
        ("venta-credito", "A prazo", "venta", "requires = [\"follow_up\"]"),
        ("consulta", "Consulta", "", ""),
        ("luego", "Ligar depois", "", "follow_up_after_days = 2"),
        ("reclamo", "Reclamação", "", ""),
        ("reclamo-factura", "Nota fiscal", "reclamo", ""),
        ("reclamo-entrega", "Entrega", "reclamo", ""),
    ],
};

impl Paper {
    pub(super) fn of(language: Language) -> &'static Self {
        match language {
            Language::Es => &ES,
            Language::En => &EN,
            Language::Pt => &PT,
        }
    }

    /// What a disposition is called.
    pub(super) fn named(&self, code: &str) -> &'static str {
        self.dispositions.iter().find(|(known, ..)| *known == code).map_or("", |(_, name, ..)| name)
    }
}

/// What the settings file says of all this.
pub(super) fn settings(language: Language) -> String {
    let paper = Paper::of(language);
    let fields = [paper.id_field, paper.plan_field];
    let mut text = format!("[popup]\nfields = [\"{}\", \"{}\", \"email\"]\n", fields[0], fields[1]);
    text.extend(fields.map(|name| format!("[[contact_fields]]\nname = \"{name}\"\n")));
    text.extend(paper.identities.iter().zip([false, true]).map(|(label, withheld)| {
        format!(
            "[[identities]]\nlabel = \"{label}\"\naccount = \"demo\"\nendpoint = \"{ENDPOINT}\"\nwithheld = {withheld}\n"
        )
    }));
    text.extend(paper.dispositions.iter().map(|(code, name, under, more)| disposition(code, name, under, more)));
    text
}

/// The CRM knows this person well: with two numbers more, and an address to write to.
pub(super) fn employ_well(crm: &Crm, person: &Person) {
    let (first, last) = person.name.split_once(' ').unwrap_or(("", &person.name));
    let account: Option<Value> =
        (!person.company.is_empty()).then(|| crm.create("Account", &json!({ "name": person.company })).into());
    let phone = |number: &str, kind: &str, primary: bool| json!({ "phoneNumber": format!("+506{number}"), "type": kind, "primary": primary, "optOut": false, "invalid": false });
    // An office's and a home's number with the same last digits.
    let end = &person.number[person.number.len().saturating_sub(6)..];
    // Its id is of no interest here: the demo finds people by their numbers.
    let _ = crm.create_contact(&json!({
        "firstName": first,
        "lastName": last,
        "accountId": account,
        "emailAddress": "compras@example.com",
        "phoneNumberData": [
            phone(&person.number, "Mobile", true),
            phone(&format!("22{end}"), "Office", false),
            phone(&format!("24{end}"), "Home", false),
        ],
    }));
}
