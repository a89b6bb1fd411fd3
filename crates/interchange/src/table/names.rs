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
pub(super) enum Meaning {
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
}

/// A name without what makes no difference.
pub(super) fn squeezed(name: &str) -> String {
    fold(name).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// What names mean, whatever stands beside them.
const EXACT: &[(&str, &str)] = &[
    ("id", "id recordid recordidcontact contactid externalid idexterno uid contactoid idcontacto iddecontacto"),
    ("given-name", "firstname givenname given forename primernombre nombredepila primeironome prenome nombres"),
    ("middle-name", "middlename additionalname segundonombre segundonome nomedomeio middlenames"),
    (
        "family-name",
        "lastname familyname surname apellido apellidos primerapellido segundoapellido apellidopaterno \
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
         companiarelacionada companynameentity business businessname negocio nombredelnegocio firma \
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
         ejecutivo asesor agente agent salesrep accountmanager dono hubspotowner duenodelcontacto",
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
         marcadores categoryid",
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
    moviles celular celulares cel cell cellphone cellular telemovel fax whatsapp pager localizador radiotelefono telefonico \
    telefonica isdn rdsi callback centralita beeper";
/// Words that make it something about a telephone.
const NOT_PHONE_WORDS: &str = "type tipo label kind country code codigo pais verified verificado status estado extension ext count date \
    fecha data opt not nao calculated area location timezone id email display yomi format last url consent model \
    modelo operador carrier invalid blacklisted sanitized validity";

/// What a name means; nothing where it is not known.
pub(super) fn meaning(name: &str) -> Option<Meaning> {
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
    let known = EXACT.iter().find(|(_, names)| names.split(' ').any(|name| name == plain));
    if let Some(target) = known.and_then(|(target, _)| target.parse().ok()) {
        return Some(Meaning::Is(target));
    }
    let words = words(name);
    let bare = |word: &String| word.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    let has = |list: &str| words.iter().map(bare).any(|word| list.split(' ').any(|known| known == word));
    let of_phones = has(PHONE_WORDS);
    if of_phones && let Some(base) = labels_of(&key) {
        return Some(Meaning::KindOf(base));
    }
    if of_phones && !has(NOT_PHONE_WORDS) {
        // "Primary Phone" is whatever a person dials first, not the switchboard.
        return Some(kinds::labelled(name).map_or(Meaning::SomePhone, |kind| Meaning::Is(Target::Phone(kind))));
    }
    None
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
    let google = any(&["phone1value", "email1value"]) || (has("fileas") && any(&["labels", "organizationname"]));
    if google || (has("groupmembership") && has("givenname")) {
        return "google";
    }
    let of_zoho = ["contactownerid", "accountnameid", "asstphone", "accountname", "modifiedbyid", "reportingto"];
    if any(&["recordid", "contactid", "contactowner"]) && any(&of_zoho) {
        return "zoho";
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_many_programs_are_known() {
        let phone = |kind| Some(Meaning::Is(Target::Phone(kind)));
        for (name, meant) in [
            ("E-mail 1 - Value", Some(Meaning::Is(Target::Email))),
            ("E-mail 2 Address", Some(Meaning::Is(Target::Email))),
            ("Correo electrónico", Some(Meaning::Is(Target::Email))),
            ("Organization 1 - Name", Some(Meaning::Is(Target::Company))),
            ("Apellido Materno", Some(Meaning::Is(Target::FamilyName))),
            ("Record ID - Contact", Some(Meaning::Is(Target::ExternalId))),
            ("Account Name.id", Some(Meaning::Is(Target::Ignore))),
            ("Phone 1 - Label", Some(Meaning::KindOf("phone1".into()))),
            ("Phone 2 - Type", Some(Meaning::KindOf("phone2".into()))),
            ("Business Phone 2", phone(PhoneKind::Work)),
            ("Teléfono del trabajo", phone(PhoneKind::Work)),
            ("Número de centralita de la organización", phone(PhoneKind::Work)),
            ("Mobile Phone Number", phone(PhoneKind::Mobile)),
            ("Telemóvel", phone(PhoneKind::Mobile)),
            ("Celular2", phone(PhoneKind::Mobile)),
            ("Particular", phone(PhoneKind::Home)),
            ("Fax particular", phone(PhoneKind::Fax)),
            ("Car Phone", phone(PhoneKind::Other)),
            ("Phone Number", Some(Meaning::SomePhone)),
            ("Telefone", Some(Meaning::SomePhone)),
            ("Teléfono 1", Some(Meaning::SomePhone)),
            ("Phone country code", None),
            ("Cédula", None),
            ("Home Street", None),
        ] {
            assert_eq!(meaning(name), meant, "{name}");
        }
    }

    #[test]
    fn what_is_written_in_the_tables_is_a_target() {
        for (target, names) in EXACT {
            assert!(target.parse::<Target>().is_ok(), "{target}");
            for name in names.split(' ') {
                assert_eq!(squeezed(name), name);
            }
        }
    }
}
