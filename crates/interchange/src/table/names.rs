//! What the columns of known programs are called, in English, Spanish and Portuguese, and which program calls them so.
//!
//! Names are compared without accents, capitals, spaces and punctuation: `E-mail 1 - Value` is `email1value`. A number in
//! a name makes no difference to what it means.

use timbre_domain::contact::PhoneKind;
use timbre_domain::identity::OURSELVES;
use timbre_domain::interchange::Target;
use timbre_domain::normalize::fold;
use timbre_domain::search::words;

use crate::kinds;

/// What a column's name means, before the other columns are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// This, whatever stands beside it.
    Is(Target),
    /// A name: the whole one, or the given one where there is a column for the family name.
    SomeName,
    /// The whole name with the company before it, as Odoo displays it; a plain name goes first.
    DisplayName,
    /// `Title`: what somebody does, or, in Outlook, how one is addressed.
    Title,
    /// The kind of the telephone in the column that is named so far.
    KindOf(String),
    /// A telephone whose name says nothing of its kind.
    SomePhone,
    /// Yes where the row is a company and no person.
    IsCompany,
    /// A word that names a kind of telephone and may name something else: `Business`, `Home`, `Oficina`.
    KindAlone(PhoneKind),
}

/// A name without what makes no difference.
pub(crate) fn squeezed(name: &str) -> String {
    fold(name).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// What names mean, whatever stands beside them.
const EXACT: &[(&str, &str)] = &[
    ("id", "id recordid recordidcontact contactid externalid idexterno uid contactoid idcontacto iddecontacto leadid"),
    ("given-name", "firstname fname givenname given forename primernombre nombredepila primeironome prenome nombres"),
    (
        "middle-name",
        "middlename middleinitial secondname additionalname segundonombre segundonome nomedomeio middlenames",
    ),
    (
        "family-name",
        "lastname lname familyname surname apellido apellidos primerapellido segundoapellido apellidopaterno \
         apellidomaterno sobrenome apelido apelidos ultimonome sobrenomes secondlastname",
    ),
    (
        "name",
        "contactname nombrecompleto nomecompleto nombreyapellido nombreyapellidos nombredelcontacto contacto \
         contact contato nomedocontato nombrecontacto persona cliente nombrecliente nombredelcliente \
         customername customer client clientname person",
    ),
    (
        "company",
        "company companyname organization organizationname organisation organisationname empresa \
         nombredelaempresa nombreempresa nombredelacompania compania companhia organizacion organizacao \
         nombredelaorganizacion razonsocial razaosocial nomedaempresa accountname associatedcompany \
         primaryassociatedcompany parentid parentidname parentcompany relatedcompany empresarelacionada \
         companiarelacionada companynameentity businessname negocio nombredelnegocio firma \
         nombrecomercial nomefantasia employer",
    ),
    (
        "email",
        "email emails emailaddress emailvalue emailaddresses mail correo correos correoelectronico \
         direcciondecorreo direcciondecorreoelectronico direcciondelcorreoelectronico enderecodeemail \
         enderecodecorreioeletronico correioeletronico secondaryemail workemail homeemail personalemail \
         businessemail otheremail emailaddressvalue correoe correoprincipal correosecundario emaildetrabalho \
         emailpersonal emailpessoal additionalemailaddresses emailcomercial primaryemail",
    ),
    (
        "owner",
        "owner contactowner salesperson userid useridname vendedor comercial responsable responsavel propietario \
         propietariodelcontacto propietariodecontacto proprietario proprietariodocontato assignedto asignadoa \
         ejecutivo asesor agente agent salesrep accountmanager dono hubspotowner duenodelcontacto responsible \
         responsibleperson responsibleuser personaresponsable usuarioresponsable assigneduser assignedusername",
    ),
    (
        "do-not-call",
        "donotcall donotphone dnc nollamar nodesearecibirllamadas naoligar naotelefonar nocall nodeseallamadas \
         optoutcalls calloptout phoneoptout donotcontactbyphone",
    ),
    (
        "field:note",
        "note notes nota notas comment comments comentario comentarios internalnotes description descripcion \
         descricao observaciones observacion observacoes observacao notasinternas anotacoes",
    ),
    (
        "field:title",
        "jobtitle organizationtitle jobposition position puesto puestodetrabajo cargo function funcion funcao \
         ocupacion profesion profissao",
    ),
    ("field:department", "department organizationdepartment departamento area setor"),
    (
        "field:website",
        "website websitevalue webpage url web sitioweb paginaweb paginadaweb personalwebpage businesswebpage \
         websiteurl websitelink site enlacedelsitioweb homepage",
    ),
    (
        "field:address",
        "address addressformatted direccion endereco domicilio direccioncompleta fulladdress contactaddress \
         completeaddress",
    ),
    (
        "field:birthday",
        "birthday dateofbirth birthdate birthdateday cumpleanos fechadenacimiento nacimiento datadenascimento \
         nascimento",
    ),
    (
        "field:labels",
        "labels label groupmembership categories category tags tag categorias categoria etiquetas etiqueta \
         marcadores categoryid groupname",
    ),
    ("field:prefix", "nameprefix prefix salutation tratamiento prefijo prefixo honorific saludo titulodecortesia"),
    ("field:suffix", "namesuffix suffix sufijo sufixo"),
    ("field:nickname", "nickname apodo alias apelidocarinhoso"),
    (
        "ignore",
        "emaillabel emailtype emaildisplayname tipodecorreoelectronico nombredepantalladecorreoelectronico \
         tipodeemail nomeparaexibicaodoemail nomedeexibicaodoemail websitelabel websitetype addresslabel \
         addresstype organizationtype accountnameid contactownerid vendornameid createdbyid modifiedbyid \
         reportingtoid associatedcompanyids associatedcompanyid photo companyid ownerid",
    ),
];

/// Words that make a column one of telephones.
const PHONE_WORDS: &str = "phone phones fono fonos telephone telefono telefonos telefone telefones tel telf tlf tfno mobile movil \
    moviles celular celulares cel cell cellphone cellular telemovel fax faks whatsapp pager localizador radiotelefono telefonico \
    telefonica isdn rdsi callback centralita beeper";
/// Words that make it something about a telephone.
const NOT_PHONE_WORDS: &str = "type tipo label kind country code codigo pais verified verificado status estado extension ext count date \
    fecha data opt not nao calculated area location timezone id email display yomi format last url consent model \
    modelo operador carrier invalid blacklisted sanitized validity flag flags speeddial locale";

/// Words that name a kind of telephone and may name something else, the kind first.
const KINDS_ALONE: &[(PhoneKind, &str)] = &[
    (PhoneKind::Home, "home casa hogar"),
    (PhoneKind::Work, "work office business trabajo trabalho oficina escritorio"),
    (PhoneKind::Other, "other otro otra outro"),
];
/// Words that stand beside those of telephones in one word, as in `PERSONMOBILEPHONE` or `homephone`.
const BESIDE_PHONE_WORDS: &str = "number numero numeros num contact contacto person persona lead customer cliente client primary \
    principal secondary main alt alternate alternative alternativo direct directo de do del user company empresa corporate \
    emergency personal private home casa work office business trabajo trabalho oficina other otro outro assistant asst type tipo \
    label code country area ext extension";
/// Words of which the name of a column of addresses consists, beside the one for an address.
const BESIDE_EMAIL_WORDS: &str = "e mail mails email emails correo correos electronico eletronico address addresses direccion endereco de \
    del do la work home other otro otra outro personal private business corporate trabajo trabalho oficina casa primary principal \
    secondary secundario alternate alternative alternativo additional adicional non contact contacto person persona lead cliente \
    customer company empresa";
/// What programs put before the names of their columns, for a person and for a company: `Person - Name`.
const OF_PERSONS: &str = "person persona pessoa contact contacto contato";
const OF_COMPANIES: &str = "organization organisation organizacion organizacao company empresa";

/// What a name means; nothing where it is not known.
pub(crate) fn meaning(name: &str) -> Option<Meaning> {
    if let Some(meaning) = of_entity(name) {
        return meaning;
    }
    let key = squeezed(name);
    let plain: String = key.chars().filter(|c| !c.is_ascii_digit()).collect();
    match plain.as_str() {
        "name" | "nombre" | "nome" => return Some(Meaning::SomeName),
        "displayname" | "completename" | "fullname" | "nombreparamostrar" | "nombreamostrar" | "nomedeexibicao" => {
            return Some(Meaning::DisplayName);
        }
        "title" | "titulo" => return Some(Meaning::Title),
        "isacompany" | "iscompany" | "esunaempresa" | "esunacompania" | "esempresa" | "eumaempresa" | "eempresa" => {
            return Some(Meaning::IsCompany);
        }
        "particular" | "celularparticular" | "domicilioparticular" => {
            return Some(Meaning::Is(Target::Phone(PhoneKind::Home)));
        }
        "devoluciondellamada" | "retornodechamada" | "outrotelefone" => {
            return Some(Meaning::Is(Target::Phone(PhoneKind::Other)));
        }
        _ => {}
    }
    let is_in = |list: &str, word: &str| list.split_whitespace().any(|known| known == word);
    if let Some((kind, _)) = KINDS_ALONE.iter().find(|(_, words)| is_in(words, &plain)) {
        return Some(Meaning::KindAlone(*kind));
    }
    let known = EXACT.iter().find(|(_, names)| is_in(names, &plain));
    if let Some(target) = known.and_then(|(target, _)| target.parse().ok()) {
        return Some(Meaning::Is(target));
    }
    let words = header_words(name);
    let has = |list: &str| words.iter().any(|word| is_in(list, word));
    if has("email emails mail mails correo correos") && words.iter().all(|word| is_in(BESIDE_EMAIL_WORDS, word)) {
        return Some(Meaning::Is(Target::Email));
    }
    // `Office number`, and `Número de casa`, which may be that of a house.
    let of_kind = |word: &String| KINDS_ALONE.iter().find(|(_, words)| is_in(words, word)).map(|(kind, _)| *kind);
    if let Some(kind) = words.iter().find_map(of_kind)
        && words.iter().all(|word| of_kind(word).is_some() || is_in("number numero num no nr de do", word))
    {
        return Some(Meaning::KindAlone(kind));
    }
    let of_phones = has(PHONE_WORDS);
    if of_phones && let Some(base) = labels_of(&key) {
        return Some(Meaning::KindOf(base));
    }
    if of_phones && !has(NOT_PHONE_WORDS) {
        // "Primary Phone" is whatever a person dials first, not the switchboard.
        let kind = kinds::labelled(&words.join(" ")).or_else(|| kinds::labelled(name));
        return Some(kind.map_or(Meaning::SomePhone, |kind| Meaning::Is(Target::Phone(kind))));
    }
    None
}

/// What a name says behind whom it is about: `Person - Phone - Work`. The inner answer is nothing where it says nothing known
/// of them.
fn of_entity(name: &str) -> Option<Option<Meaning>> {
    let (entity, rest) = name.split_once(" - ")?;
    let entity = squeezed(entity);
    let is_in = |list: &str| list.split(' ').any(|known| known == entity);
    if is_in(OF_PERSONS) {
        return Some(meaning(rest));
    }
    if !is_in(OF_COMPANIES) {
        return None;
    }
    let of_company = match meaning(rest) {
        Some(Meaning::SomeName | Meaning::DisplayName) => Some(Meaning::Is(Target::Company)),
        Some(Meaning::SomePhone) => Some(Meaning::Is(Target::Phone(PhoneKind::Work))),
        Some(Meaning::Is(Target::Email)) => Some(Meaning::Is(Target::Email)),
        Some(Meaning::Is(Target::Phone(kind))) => Some(Meaning::Is(Target::Phone(kind))),
        _ => None,
    };
    Some(of_company)
}

/// The words of a column's name, folded, without digits behind them: `MobilePhone2` is `mobile` and `phone`, and so are
/// `mobile_phone` and `MOBILEPHONE`.
fn header_words(name: &str) -> Vec<String> {
    let mut spaced = String::with_capacity(name.len() + 8);
    let mut before = ' ';
    // A trade mark is one word, whatever its letters.
    for c in name.replace("WhatsApp", "whatsapp").chars() {
        if c.is_uppercase() && before.is_lowercase() {
            spaced.push(' ');
        }
        spaced.push(c);
        before = c;
    }
    let bare = |word: String| word.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    let mut all = Vec::new();
    for word in words(&spaced).into_iter().map(bare).filter(|word| !word.is_empty()) {
        match parted(&word) {
            Some(parts) => all.extend(parts),
            None => all.push(word),
        }
    }
    all
}

/// The words that one word is written together of, where one of them is a telephone's.
fn parted(word: &str) -> Option<Vec<String>> {
    let is_in = |list: &str, part: &str| list.split_whitespace().any(|known| known == part);
    if word.len() < 6 || !word.is_ascii() || is_in(PHONE_WORDS, word) || is_in(BESIDE_PHONE_WORDS, word) {
        return None;
    }
    // For each length, the words up to there.
    let mut up_to: Vec<Option<Vec<String>>> = vec![None; word.len() + 1];
    up_to[0] = Some(Vec::new());
    for end in 1..=word.len() {
        for start in 0..end {
            let part = &word[start..end];
            if up_to[end].is_none()
                && let Some(before) = &up_to[start]
                && (is_in(PHONE_WORDS, part) || is_in(BESIDE_PHONE_WORDS, part))
            {
                up_to[end] = Some(before.iter().cloned().chain([part.to_owned()]).collect());
            }
        }
    }
    up_to.pop().flatten().filter(|parts| parts.iter().any(|part| is_in(PHONE_WORDS, part)))
}

/// Whether a name is known at all.
pub(super) fn is_known(name: &str) -> bool {
    meaning(name).is_some()
}

/// The squeezed name of the column whose kind this one says: `phone1label` is of `phone1`.
fn labels_of(key: &str) -> Option<String> {
    ["label", "type", "kind", "tipo"].iter().find_map(|end| key.strip_suffix(end)).map(str::to_owned)
}

/// The program that writes such columns, as far as these tell; else `csv`.
pub(super) fn program(names: &[String]) -> &'static str {
    let keys: Vec<String> = names.iter().map(|name| squeezed(name)).collect();
    let has = |key: &str| keys.iter().any(|known| known == key);
    let any = |list: &[&str]| list.iter().any(|key| has(key));
    if has("timbreid") {
        return OURSELVES;
    }
    if let Some(telephony) = of_telephony(&has, &any) {
        return telephony;
    }
    if any(&["personname", "personid", "personphonework", "personphone", "personanombre", "pessoanome"]) {
        return "pipedrive";
    }
    let google = any(&["phone1value", "email1value"]) || (has("fileas") && any(&["labels", "organizationname"]));
    if google || (has("groupmembership") && has("givenname")) {
        return "google";
    }
    let of_zoho = ["contactownerid", "accountnameid", "asstphone", "accountname", "modifiedbyid", "reportingto"];
    if any(&["recordid", "contactid", "contactowner"]) && any(&of_zoho) {
        return "zoho";
    }
    let named = any(&["lastname", "firstname", "apellido", "apellidos", "nombre", "sobrenome"]);
    if has("id") && named {
        let of_suitecrm = [
            "primaryaddressstreet",
            "primaryaddresscity",
            "altaddressstreet",
            "alternateaddressstreet",
            "nonprimaryemails",
        ];
        if any(&of_suitecrm) && any(&["officephone", "phonework", "phonemobile", "mobile", "telefonooficina", "movil"])
        {
            return "suitecrm";
        }
        let of_salesforce = [
            "accountid",
            "isdeleted",
            "masterrecordid",
            "mailingstreet",
            "mailingcity",
            "hasoptedoutofemail",
            "systemmodstamp",
            "reportstoid",
        ];
        if any(&of_salesforce) {
            return "salesforce";
        }
        let responsible =
            any(&["responsible", "responsibleperson", "responsable", "responsavel", "personaresponsable"]);
        if any(&["workdirectphone", "telefonodirecto", "faks"])
            && any(&["responsibleuser", "usuarioresponsable", "responsible"])
        {
            return "kommo";
        }
        if responsible && any(&["workemail", "workphone", "otherphonenumber", "telefonodetrabajo", "correodetrabajo"]) {
            return "bitrix24";
        }
    }
    let of_hubspot = [
        "recordidcontact",
        "recordid",
        "associatedcompany",
        "lifecyclestage",
        "marketingcontactstatus",
        "associatedcompanyids",
        "primaryassociatedcompany",
        "hubspotscore",
    ];
    if any(&of_hubspot) {
        return "hubspot";
    }
    let company_mark = ["isacompany", "iscompany", "esunaempresa", "esunacompania", "eumaempresa"];
    let of_odoo = any(&["completename", "displayname", "nombrecompleto", "name", "nombreparamostrar"]);
    if any(&company_mark) || (of_odoo && any(&["externalid", "idexterno", "salesperson", "parentid", "userid"])) {
        return "odoo";
    }
    let of_outlook = [
        "companymainphone",
        "emaildisplayname",
        "businessfax",
        "radiophone",
        "telefonodelayudante",
        "emailaddress2",
        "email2address",
        "numerodecentralitadelaorganizacion",
        "direcciondecorreoelectronico2",
        "telefonocomercial2",
        "telefonecomercial2",
        "telefoneprincipaldaempresa",
        "faxcomercial",
        "nomeparaexibicaodoemail",
        "telefonodeltrabajo2",
    ];
    if of_outlook.iter().filter(|key| has(key)).count() >= 2 {
        return "outlook";
    }
    "csv"
}

/// The exchange or the dialler that writes such columns.
fn of_telephony(has: &dyn Fn(&str) -> bool, any: &dyn Fn(&[&str]) -> bool) -> Option<&'static str> {
    if has("phonenumber") && any(&["vendorleadcode", "leadid"]) && any(&["phonecode", "listid"]) {
        return Some("vicidial");
    }
    if has("phone1number") && any(&["displayname", "fname", "phone1type"]) {
        return Some("freepbx");
    }
    if has("firstname") && has("business") && any(&["business2", "mobile2", "businessfax", "homefax"]) {
        return Some("3cx");
    }
    None
}

#[cfg(test)]
mod tests;
