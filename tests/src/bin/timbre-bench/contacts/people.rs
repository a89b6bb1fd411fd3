//! A million invented people: names as often as they are in life, telephones of several countries, most of them at home.

/// One invented person; the same for the same number, whatever was asked before.
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) company: String,
    pub(crate) email: String,
    /// Digits with the country code, without the `+`.
    pub(crate) mobile: String,
    pub(crate) work: Option<String>,
}

/// SplitMix64: well mixed, and the n-th number needs none before it.
pub(crate) fn mixed(seed: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(1);
        (mixed(self.0) % n as u64) as usize
    }

    /// The first of a list are the common ones: the square of an even draw.
    fn common<'a>(&mut self, list: &[&'a str]) -> &'a str {
        let draw = self.below(10_000);
        list[draw * draw / 10_000 * list.len() / 10_000]
    }
}

impl Person {
    pub(crate) fn nth(n: u64) -> Self {
        let mut dice = Dice(mixed(n ^ 0x5eed).wrapping_mul(1_000));
        let given = dice.common(GIVEN);
        let second = if dice.below(3) == 0 { format!(" {}", dice.common(GIVEN)) } else { String::new() };
        let (family, mother) = (dice.common(FAMILY), dice.common(FAMILY));
        let name = if dice.below(20) == 0 { String::new() } else { format!("{given}{second} {family} {mother}") };
        let company = if name.is_empty() || dice.below(2) == 0 {
            format!("{} {} {}", dice.common(TRADES), dice.common(PLACES), ["S.A.", "Ltda.", "SRL", ""][dice.below(4)])
        } else {
            String::new()
        };
        let domain =
            ["gmail.com", "hotmail.com", "outlook.com", "yahoo.com", "ice.co.cr", "empresa.example"][dice.below(6)];
        let email = format!("{}.{}{}@{domain}", plain(given), plain(family), dice.below(100_000));
        let mobile = match dice.below(10) {
            0 => format!("549{}{:08}", 11, 20_000_000 + dice.below(60_000_000)),
            1 => format!("55119{:08}", 60_000_000 + dice.below(39_999_999)),
            2 => format!("598{}", 91_000_000 + dice.below(8_999_999)),
            _ => format!("506{}{:06}", MOBILE[dice.below(MOBILE.len())], dice.below(1_000_000)),
        };
        let work =
            (dice.below(4) == 0).then(|| format!("506{}{:06}", FIXED[dice.below(FIXED.len())], dice.below(1_000_000)));
        Self { name, company: company.trim().to_owned(), email, mobile, work }
    }
}

fn plain(word: &str) -> String {
    timbre_domain::normalize::fold(word).replace(' ', "")
}

/// What numbers of Costa Rica begin with: one that nobody can have is read as another country's, or as none.
const MOBILE: [u8; 18] = [50, 57, 60, 61, 62, 63, 64, 70, 71, 72, 73, 83, 84, 85, 86, 87, 88, 89];
const FIXED: [u8; 5] = [22, 24, 25, 26, 27];

#[rustfmt::skip]
const GIVEN: &[&str] = &[
    "María", "José", "Juan", "Ana", "Carlos", "Luis", "Laura", "Jorge", "Sofía", "Diego", "Andrea", "Daniel", "Gabriela",
    "Fernando", "Valeria", "Ricardo", "Natalia", "Alejandro", "Carolina", "Esteban", "Adriana", "Pablo", "Verónica",
    "Roberto", "Patricia", "Manuel", "Silvia", "Francisco", "Mónica", "Eduardo", "Paula", "Marco", "Rosa", "Rafael",
    "Teresa", "Óscar", "Lucía", "Víctor", "Beatriz", "Hugo", "Camila", "Iván", "Jimena", "Raúl", "Irene", "Gustavo",
    "Marcela", "Sergio", "Elena", "Mauricio", "Cristina", "Álvaro", "Julia", "Enrique", "Mariana", "Alberto", "Isabel",
    "Gerardo", "Raquel", "Rodrigo", "Débora", "Cecilia", "Gonzalo", "Miriam", "Joaquín", "Fabiola", "Ramón", "Olga",
    "Martín", "Yolanda", "Felipe", "Norma", "Emilio", "Graciela", "Ignacio", "Susana", "Nicolás", "Inês", "João", "Conceição",
    "Thiago", "Guilherme", "Letícia", "Vinícius", "Larissa", "Renato", "Kátia", "Ulises", "Ximena", "Zoe", "Wendy", "Yadira",
];
#[rustfmt::skip]
const FAMILY: &[&str] = &[
    "Rodríguez", "González", "Hernández", "Jiménez", "Mora", "Rojas", "Vargas", "Castro", "Ramírez", "Solís", "Fernández",
    "López", "Pérez", "Sánchez", "Araya", "Quesada", "Núñez", "Alvarado", "Méndez", "Chaves", "Salazar", "Campos", "Vega",
    "Silva", "Souza", "Oliveira", "Pereira", "Costa", "Gómez", "Díaz", "Muñoz", "Soto", "Contreras", "Morales", "Fuentes",
    "Ibáñez", "Acuña", "Cordero", "Zúñiga", "Villalobos", "Arias", "Calderón", "Esquivel", "Benavides", "Montero", "Segura",
    "Peña", "Ureña", "Bolaños", "Cascante", "Echeverría", "Gamboa", "Herrera", "Jara", "Leitón", "Madrigal", "Navarro",
    "Obando", "Picado", "Quirós", "Retana", "Sibaja", "Trejos", "Ulate", "Víquez", "Wong", "Yglesias", "Zamora", "Almeida",
    "Barbosa", "Cardoso", "Duarte", "Esteves", "Ferreira", "Guimarães", "Magalhães", "Nogueira", "Queirós", "Ribeiro", "Sá",
];
#[rustfmt::skip]
const TRADES: &[&str] = &[
    "Comercial", "Distribuidora", "Ferretería", "Transportes", "Soluciones", "Importadora", "Clínica", "Consultores",
    "Constructora", "Cafetalera", "Panadería", "Servicios", "Farmacia", "Taller", "Inversiones", "Agencia", "Hotel",
    "Laboratorio", "Librería", "Supermercado", "Textiles", "Editorial", "Bodega 24", "Óptica", "Veterinaria", "Zapatería",
];
#[rustfmt::skip]
const PLACES: &[&str] = &[
    "del Valle", "San José", "La Unión", "Central", "del Norte", "Heredia", "Cartago", "Escazú", "Santa Ana", "Alajuela",
    "Montevideo", "Buenos Aires", "São Paulo", "Liberia", "Puntarenas", "Limón", "Grecia", "Tres Ríos", "Moravia", "Tibás",
    "Quepos", "Jacó", "Turrialba", "Guápiles", "Nicoya", "Zarcero",
];
